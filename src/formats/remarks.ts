/** What an import could not have, or has in another way, each once and in the order in which it was met. */
export class Remarks {
  private readonly texts = new Set<string>();

  /** Something that has no effect in the scenario. */
  without(what: string): void {
    this.texts.add(`${what}: not imported`);
  }

  /** Something that is there in another way. */
  say(text: string): void {
    this.texts.add(text);
  }

  list(): readonly string[] {
    return [...this.texts];
  }
}
