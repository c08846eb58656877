import { it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';
it('x', () => {
  const w = new ClusterWorld({
    spec: 'parameters: { kubelet.imagesPresent: true, kubelet.sandboxStart: 400ms, kubelet.containerStart: 150ms, kubelet.volumeMount: 100ms, kubelet.containerStop: 300ms }',
    operations: `
    - createNodes: { count: 2, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
    - createDeployment: { name: web, replicas: 1 }
    - delete: { deployments: web }
    - createNodes: { count: 1 }
`,
  });
  w.runFor(30);
  w.forget();
  w.perform();
  w.runFor(20);
  const print = () => { for (const c of w.calls) console.log(`${c.issued.toFixed(4)} ${c.at.toFixed(4)} ${c.client} ${c.what} ${c.code} ${c.reason}`);
  for (const c of w.podChanges) console.log(JSON.stringify(c)); w.forget(); console.log('-------'); };
  print();
  const [pod] = w.podKeys();
  w.delete(0 as never, pod as never);
  w.runFor(20);
  print();
  w.perform();
  w.runFor(20);
  print();
  w.perform();
  w.runFor(20);
  print();
});
