/** What the readers of logo images share: the size they answer with, its limits, and how they refuse. */

/** In pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Thrown by a reader; the message is for whoever chose the file. */
export class ImageFault extends Error {}

/** In pixels, across and down. */
export const MAX_SIDE = 4096;

/** Throws unless both sides are 1 to 4096 pixels. */
export function checkSides(kind: 'PNG' | 'JPEG', { width, height }: ImageSize): void {
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) {
    throw new ImageFault(
      `The ${kind} is ${width} × ${height} pixels; each side of a logo has 1 to ${MAX_SIDE} pixels.`,
    );
  }
}

/** Throws when anything follows the image: a second file hidden behind it would be served with it. */
export function checkNothingAfter(end: 'PNG ends (IEND)' | 'JPEG ends (EOI)', bytes: number): void {
  if (bytes > 0) {
    const what = bytes === 1 ? 'is 1 byte' : `are ${bytes} bytes`;
    throw new ImageFault(`There ${what} after the ${end}; a logo is the image and nothing else.`);
  }
}
