/** Very many queues of very many numbered things, each of which is in one of them at a time. */
/** First in, first out; all share one list of successors. */
export class Queues {
  private readonly next: Int32Array;
  private readonly first: Int32Array;
  private readonly last: Int32Array;

  constructor(particles: number, queues: number) {
    this.next = new Int32Array(particles);
    this.first = new Int32Array(queues).fill(-1);
    this.last = new Int32Array(queues);
  }

  add(queue: number, particle: number): void {
    if (this.first[queue] === -1) this.first[queue] = particle;
    else this.next[this.last[queue]!] = particle;
    this.last[queue] = particle;
    this.next[particle] = -1;
  }

  /** -1: it is empty. */
  take(queue: number): number {
    const particle = this.first[queue]!;
    if (particle !== -1) this.first[queue] = this.next[particle]!;
    return particle;
  }
}
