/** What was accepted without effect: the fields of manifests and configurations that nothing in the model reads, each named once. */
export class AcceptedFields {
  private readonly names = new Set<string>();

  /** A field of Kubernetes that has no effect here: "Deployment spec.template.spec.securityContext". */
  noEffect(kind: string, field: string): void {
    this.names.add(`${kind} ${field}`);
  }

  /** A field that Kubernetes does not have either; the API server would drop it with a warning. */
  unknownField(kind: string, field: string): void {
    this.names.add(`${kind} ${field} (unknown field)`);
  }

  /** A kind of Kubernetes that is accepted as a whole, with what it is not used for. */
  kind(kind: string, remark: string): void {
    this.names.add(`${kind} (${remark})`);
  }

  /** All of them, sorted. */
  list(): readonly string[] {
    return [...this.names].sort();
  }
}
