/** Topics: whoever listens to one gets what is published there from then on, and pays for nothing else. */
import { Mailbox } from './mailbox';

export class Topics<Message> {
  private readonly mailboxes = new Map<string, Set<Mailbox<Message>>>();

  /** How many topics are listened to. */
  get size(): number {
    return this.mailboxes.size;
  }

  publish(topic: string, message: Message): void {
    for (const mailbox of this.mailboxes.get(topic) ?? []) mailbox.send(message);
  }

  /** Listens from this call on, before the first message is asked for, until the mailbox is closed by `return`. */
  listen(...topics: readonly string[]): Mailbox<Message> {
    const mailbox: Mailbox<Message> = new Mailbox(() => {
      for (const topic of topics) this.remove(topic, mailbox);
    });
    for (const topic of topics) this.mailboxes.set(topic, (this.mailboxes.get(topic) ?? new Set()).add(mailbox));
    return mailbox;
  }

  private remove(topic: string, mailbox: Mailbox<Message>): void {
    const others = this.mailboxes.get(topic);
    others?.delete(mailbox);
    if (others?.size === 0) this.mailboxes.delete(topic);
  }
}
