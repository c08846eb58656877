/** Selectors of Services as the scheduler's informer shows them: Services make pods belong together (K:pkg/scheduler/framework/plugins/helper/spread.go). */
import { type Labels, selectorFromLabels, selectorMatches } from '../../../cluster/index.ts';

/** Services by namespace and key. */
export class ServiceSelectors {
  /** Raised at each change. */
  version = 0;
  private readonly byNamespace = new Map<string, Map<number, Labels>>();

  /** Takes over the selector of a Service; undefined = it has none, or is gone. */
  set(namespace: string, service: number, selector: Labels | undefined): void {
    let services = this.byNamespace.get(namespace);
    if (services === undefined) {
      services = new Map();
      this.byNamespace.set(namespace, services);
    }
    if (services.get(service) === selector) return;
    if (selector === undefined) services.delete(service);
    else services.set(service, selector);
    this.version++;
  }

  /** The labels by which the Services select that match a pod with these labels (helper/spread.go:DefaultSelector). */
  labelsFor(namespace: string, labels: Labels): Labels {
    const merged: Record<string, string> = {};
    for (const selector of this.byNamespace.get(namespace)?.values() ?? []) {
      if (Object.keys(selector).length > 0 && selectorMatches(selectorFromLabels(selector), labels)) {
        Object.assign(merged, selector);
      }
    }
    return merged;
  }
}
