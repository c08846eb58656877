/** Rules and sockets of the userspace mode: K:pkg/proxy/userspace/proxier.go of 1.25. Endpoints do not reach the kernel. */
import { trafficOf, type WrittenService } from './written.ts';

/** Rules of iptables, and sockets that listen. */
export function writeUserspace(services: readonly WrittenService[]): string[] {
  const lines: string[] = [];
  for (const service of services) {
    const { specification } = service;
    if (specification.headless || specification.type === 'ExternalName') continue;
    for (const [i, port] of specification.ports.entries()) {
      const name = `${service.name}-${i}`;
      const { externalIps, loadBalancerIps, nodePort } = trafficOf(service, port, { cluster: [], local: [] });
      lines.push(`listen random port for ${name}`);
      for (const address of ['cluster-ip', ...externalIps, ...loadBalancerIps]) {
        lines.push(`-A KUBE-PORTALS-CONTAINER -d ${address} -j REDIRECT`, `-A KUBE-PORTALS-HOST -d ${address} -j DNAT`);
      }
      if (!nodePort) continue;
      lines.push(`listen node port of ${name}`);
      lines.push(`-A KUBE-NODEPORT-CONTAINER -j REDIRECT`, `-A KUBE-NODEPORT-HOST -j DNAT`);
    }
  }
  return lines;
}

/** What is counted of them, in the order of the mode's counts. */
export function countUserspace(lines: readonly string[]): number[] {
  const rules = lines.filter((line) => line.startsWith('-A')).length;
  return [rules, lines.length - rules];
}
