/**
 * The admission plugin Priority in one API server: a new pod gets priority and preemption policy of its PriorityClass, or of the class that is the
 * global default; a class that does not exist, or contradicts the pod, is answered with 403. K:plugin/pkg/admission/priority/admission.go.
 */
import { kinds, type PodTemplate, type PriorityClass } from '../../../cluster/index.ts';
import { hasPriority, podPriority, type RequestId, StatusCode, Verb, writes } from '../../api-machinery/index.ts';
import type { ApiServerSurroundings } from '../surroundings.ts';
import type { QuotaHome } from './quota-admission.ts';

/** The plugin. */
export class PriorityAdmission {
  private readonly around: ApiServerSurroundings;
  private readonly home: QuotaHome;
  /** Templates that were derived, by the id of what came: pods of one template get one template. */
  private readonly derived = new Map<number, PodTemplate>();

  constructor(around: ApiServerSurroundings, home: QuotaHome) {
    this.around = around;
    this.home = home;
  }

  /** Sets the priority of a new pod: 0, or the code of the refusal. */
  apply(request: RequestId): number {
    const { requests } = this.around;
    if (requests.verb[request] !== Verb.Create || requests.kind[request] !== kinds.pods) return 0;
    if (requests.write[request] !== writes.podCreate) return 0;
    const template = requests.object[request] as PodTemplate;
    if (template.priorityClassName === '' && this.home.cache(kinds.priorityclasses).objects === 0) return 0;
    const priority = podPriority(template, {
      find: (name) => this.find((_, other) => other === name),
      globalDefault: () => this.find(({ globalDefault }) => globalDefault),
    });
    if (priority === undefined) return StatusCode.Forbidden;
    if (hasPriority(template, priority)) return 0;
    const known = this.derived.get(template.id);
    if (known !== undefined && hasPriority(known, priority)) {
      requests.object[request] = known;
      return 0;
    }
    const changed = this.around.deriveTemplate(template, priority);
    this.derived.set(template.id, changed);
    requests.object[request] = changed;
    return 0;
  }

  private find(matches: (content: PriorityClass, name: string) => boolean): PriorityClass | undefined {
    const { tables } = this.around;
    const keys = tables.keysOf('priorityclasses');
    let found: PriorityClass | undefined;
    this.home.cache(kinds.priorityclasses).forEach((key, version) => {
      const content = tables.priorityclasses.content.get(version) as PriorityClass;
      if (found === undefined && matches(content, keys.name(key))) found = content;
    });
    return found;
  }
}
