/** Pod templates by content: equal templates share one object and one id, so that "same template" is one comparison. */
import type { PodTemplate } from '../cluster/index.ts';
import { createDistribution, type DistributionSpec } from '../engine/index.ts';

/** A template before it has its id. Its lifetime travels apart, as plain data. */
export type PodTemplateContent = Omit<PodTemplate, 'id' | 'lifetime'>;

/** What admission may change of a template. */
export type TemplateChange = Partial<
  Pick<PodTemplate, 'initContainers' | 'containers' | 'requests' | 'priority' | 'preemptionPolicy'>
>;

/** A template as plain data, fit to cross to a worker. */
export interface TemplateEntry {
  /** The template, without its lifetime. */
  readonly template: PodTemplate;
  /** How long its pods' containers run; null = until they are stopped. */
  readonly lifetime: DistributionSpec | null;
}

/** All pod templates of a scenario or of a run; ids are dense and count up in order of creation. */
export class TemplateRegistry {
  private readonly entries: TemplateEntry[] = [];
  private readonly byContent = new Map<string, PodTemplate>();
  /** Templates with their lifetime made ready to be sampled, by id. */
  private readonly runnable: PodTemplate[] = [];

  /** A registry that starts with templates that another one made (`plain()`), with their ids. */
  constructor(entries: readonly TemplateEntry[] = []) {
    for (const { template, lifetime } of entries) {
      const { id, ...content } = template;
      if (id !== this.entries.length) throw new RangeError(`template ${id} is out of order`);
      this.add(content, lifetime, contentKey(content, lifetime));
    }
  }

  /** The template with this content and lifetime. */
  intern(content: PodTemplateContent, lifetime: DistributionSpec | null = null): PodTemplate {
    const key = contentKey(content, lifetime);
    return this.byContent.get(key) ?? this.add(content, lifetime, key);
  }

  /** A new template like another one, as `kubectl rollout restart` makes it by an annotation with the time of day. */
  restarted(template: PodTemplate): PodTemplate {
    const { id, lifetime: _, ...content } = template;
    return this.add(content, (this.entries[id] as TemplateEntry).lifetime, `restart ${this.entries.length}`);
  }

  /** A template as an admission plugin has changed it: the same change gives the same template. */
  derived(template: PodTemplate, change: TemplateChange): PodTemplate {
    const { id, lifetime: _, ...content } = template;
    const key = `derived ${id} ${JSON.stringify(change)}`;
    const known = this.byContent.get(key);
    const { id: number } =
      known ?? this.add({ ...content, ...change }, (this.entries[id] as TemplateEntry).lifetime, key);
    return this.get(number);
  }

  /** The template with an id, with its lifetime ready to be sampled: what a run works with. */
  get(id: number): PodTemplate {
    const template = this.runnable[id];
    if (template === undefined) throw new RangeError(`there is no template ${id}`);
    return template;
  }

  /** Number of templates. */
  get size(): number {
    return this.entries.length;
  }

  /** All templates as plain data, by id. */
  plain(): readonly TemplateEntry[] {
    return this.entries;
  }

  private add(content: PodTemplateContent, lifetime: DistributionSpec | null, key: string): PodTemplate {
    const template: PodTemplate = { ...content, id: this.entries.length };
    this.entries.push({ template, lifetime });
    this.runnable.push(lifetime === null ? template : { ...template, lifetime: createDistribution(lifetime) });
    if (!this.byContent.has(key)) this.byContent.set(key, template);
    return template;
  }
}

function contentKey(content: PodTemplateContent, lifetime: DistributionSpec | null): string {
  return JSON.stringify([content, lifetime]);
}
