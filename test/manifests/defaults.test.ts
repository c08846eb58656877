import { describe, expect, it } from 'vitest';
import { deploymentText, podText, read, readOne } from './support.ts';

const container = 'containers: [{ name: a, image: a:1 }]';

describe('what the API server fills in', () => {
  it('for a Deployment', () => {
    expect(readOne('Deployment', deploymentText())).toMatchObject({
      namespace: 'default',
      name: 'web',
      replicas: 1,
      strategy: { type: 'RollingUpdate', maxSurge: '25%', maxUnavailable: '25%' },
      minReady: 0,
      revisionHistoryLimit: 10,
      selector: [{ key: 'app', operator: 'In', values: ['web'] }],
    });
  });

  it('for a pod', () => {
    expect(readOne('Pod', podText(container)).template).toMatchObject({
      schedulerName: 'default-scheduler',
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      terminationGracePeriod: 30e9,
      priority: 0,
      priorityClassName: '',
      nodeName: '',
      hostNetwork: false,
      tolerations: [],
      nodeAffinity: { preferred: [] },
    });
  });

  it('for a probe', () => {
    const { template } = readOne(
      'Pod',
      podText('containers: [{ name: a, image: a:1, readinessProbe: { tcpSocket: { port: 80 } } }]'),
    );
    expect(template.containers[0]?.readinessProbe).toEqual({
      initialDelay: 0,
      period: 10e9,
      timeout: 1e9,
      successThreshold: 1,
      failureThreshold: 3,
      handler: 'tcpSocket',
    });
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1.27', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('for the pull policy of %s: %s', (image, policy) => {
    const { template } = readOne('Pod', podText(`containers: [{ name: a, image: "${image}" }]`));
    expect(template.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it('for a Service', () => {
    const text =
      'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { selector: { app: a }, ports: [{ port: 80 }] }\n';
    expect(readOne('Service', text).specification).toEqual({
      type: 'ClusterIP',
      headless: false,
      selector: { app: 'a' },
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 }],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      allocateNodePorts: true,
      publishNotReadyAddresses: false,
      externalIps: [],
    });
  });
});

describe('the effective request of a pod', () => {
  const requestsOf = (...spec: string[]) => readOne('Pod', podText(...spec)).template.requests;
  const asking = (name: string, cpu: string, more = '') =>
    `{ name: ${name}, image: a:1, ${more} resources: { requests: { cpu: ${cpu} } } }`;

  it('is the sum of its containers', () => {
    expect(requestsOf(`containers: [${asking('a', '100m')}, ${asking('b', '250m')}]`).cpu).toBe(350);
  });

  it('takes limits where requests are not given', () => {
    const text =
      'containers: [{ name: a, image: a:1, resources: { limits: { cpu: 1, memory: 1Gi }, requests: { cpu: 500m } } }]';
    expect(requestsOf(text)).toMatchObject({ cpu: 500, memory: 2 ** 30 });
  });

  it('is the largest init container where that is more', () => {
    expect(
      requestsOf(`initContainers: [${asking('i', '2')}, ${asking('j', '1')}]`, `containers: [${asking('a', '100m')}]`)
        .cpu,
    ).toBe(2000);
  });

  it('counts sidecars with the containers, and with the init containers after them', () => {
    const sidecar = asking('s', '300m', 'restartPolicy: Always,');
    expect(requestsOf(`initContainers: [${sidecar}]`, `containers: [${asking('a', '100m')}]`).cpu).toBe(400);
    expect(
      requestsOf(`initContainers: [${sidecar}, ${asking('i', '1')}]`, `containers: [${asking('a', '100m')}]`).cpu,
    ).toBe(1300);
    expect(
      requestsOf(`initContainers: [${asking('i', '1')}, ${sidecar}]`, `containers: [${asking('a', '100m')}]`).cpu,
    ).toBe(1000);
  });

  it('adds the overhead, and knows extended resources', () => {
    const text = 'containers: [{ name: a, image: a:1, resources: { requests: { cpu: 1, nvidia.com/gpu: 2 } } }]';
    expect(requestsOf(text, 'overhead: { cpu: 50m }')).toMatchObject({ cpu: 1050, extended: { 'nvidia.com/gpu': 2 } });
  });
});

describe('templates', () => {
  it('that are equal are one, and others have ids that count up', () => {
    const text = [podText(container), podText(container), podText(container, 'priority: 5')].join('---\n');
    expect(read(text).intents.map((intent) => 'template' in intent && intent.template.id)).toEqual([0, 0, 1]);
  });
});

describe('sizes', () => {
  it('grow with what was written, by the share of protobuf in JSON', () => {
    const sizeWith = (value: string) => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { k: "${value}" }\n`;
      const [intent] = read(text).intents;
      return intent?.kind === 'ConfigMap' ? intent.bytes : 0;
    };
    expect(sizeWith('x'.repeat(1000)) - sizeWith('')).toBe(650);
  });
});
