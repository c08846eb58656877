/** PriorityClasses by name, for pods that are made before the run. */
import type { PriorityClass } from '../cluster/index.ts';
import type { PriorityClasses } from './api-machinery/index.ts';

/** The PriorityClasses that are there before the run. */
export class PreloadedPriorityClasses implements PriorityClasses {
  private readonly byName = new Map<string, PriorityClass>();

  add(name: string, content: PriorityClass): void {
    this.byName.set(name, content);
  }

  find(name: string): PriorityClass | undefined {
    return this.byName.get(name);
  }

  globalDefault(): PriorityClass | undefined {
    return [...this.byName.values()].find(({ globalDefault }) => globalDefault);
  }
}
