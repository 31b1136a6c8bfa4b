/** The addresses of our own that others are given: one place for the paths and the origin. */

export const logoPath = '/logos/';
export const startPath = '/authorization/start/';
export const callbackPath = '/authorization/callback/';

export class Links {
  /** Without a slash at the end; known at the latest when the server listens. */
  constructor(private origin: string) {}

  setOrigin(origin: string): void {
    this.origin = origin;
  }

  /** Where browsers and providers reach us. */
  get publicOrigin(): string {
    return this.origin;
  }

  logo(connectorId: string): string {
    return `${this.origin}${logoPath}${connectorId}`;
  }

  /** Our page where a person begins to authorize. */
  start(token: string): string {
    return `${this.origin}${startPath}${token}`;
  }

  /** RFC 6749 section 3.1.2; a URI for each connector, so that one provider cannot answer in the name of another. */
  redirectUri(connectorId: string): string {
    return `${this.origin}${callbackPath}${connectorId}`;
  }
}
