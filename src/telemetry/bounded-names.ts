/** Names that people choose, as values of a label: so many of them, and one name for all the others. */

/** What the names beyond the limit are counted under; no link name has a hyphen, so that none is mistaken for it. */
export const OTHERS = 'all-others';

/** Each name that is a label's value costs memory here and in Prometheus for as long as the server runs. */
export class BoundedNames {
  private readonly known = new Set<string>();

  constructor(private readonly limit: number) {}

  /** `name` while there is room for it, which it then keeps; `OTHERS` afterwards. */
  of(name: string): string {
    if (this.known.has(name)) return name;
    if (this.known.size >= this.limit) return OTHERS;
    this.known.add(name);
    return name;
  }
}
