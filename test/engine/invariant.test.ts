import { describe, expect, it } from 'vitest';
import { InvariantViolation, Simulation, Trace } from '../../src/engine/index.ts';
import { simTime } from '../../src/units/index.ts';

describe('a broken invariant', () => {
  it('names the time, the event, the component, the seed and the replication', () => {
    const simulation: Simulation = new Simulation({ seed: 'storm-7', replication: 3 });
    const bad = simulation.on('tank.filled', (litres) => {
      simulation.invariant(litres <= 10, 'tank', `holds ${litres} litres of 10`);
    });
    simulation.at(simTime(1_500), bad, 4);
    simulation.at(simTime(2_500), bad, 11);
    let caught: unknown;
    try {
      simulation.run(simTime(9_000));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvariantViolation);
    const violation = caught as InvariantViolation;
    expect(violation).toMatchObject({
      time: 2_500,
      eventName: 'tank.filled',
      component: 'tank',
      seed: 'storm-7',
      replication: 3,
      reason: 'holds 11 litres of 10',
    });
    expect(violation.message).toBe(
      'tank: holds 11 litres of 10 (at 2500 ns, in event tank.filled, seed storm-7, replication 3)',
    );
  });

  it('prints the last events, oldest first, if the run keeps a trace', () => {
    const simulation: Simulation = new Simulation({ seed: 's', trace: 3 });
    const step = simulation.on('step', (n) => simulation.invariant(n < 5, 'stairs', 'too high'));
    for (let n = 0; n < 9; n++) simulation.at(simTime(10 * n), step, n, -n);
    expect(() => simulation.run(simTime(100))).toThrow(
      /too high[\s\S]*last events:\n {2}30 ns step\(3, -3\)\n {2}40 ns step\(4, -4\)\n {2}50 ns step\(5, -5\)$/,
    );
  });

  it('is found at the end of a run by the checks of the components', () => {
    const simulation: Simulation = new Simulation({ seed: 's' });
    let litres = 5;
    simulation.addInvariantCheck('tank', () => simulation.invariant(litres >= 0, 'tank', 'negative'));
    simulation.run(simTime(10));
    litres = -1;
    expect(() => simulation.checkInvariants()).toThrow(/tank: negative .*in event \(none\)/);
    expect(() => simulation.run(simTime(20))).toThrow(InvariantViolation);
  });
});

describe('a trace', () => {
  it('remembers as many events as it was made for', () => {
    const trace = new Trace(2);
    expect(trace.lines(['x'])).toEqual([]);
    trace.record(1, 0, 10, 11);
    expect(trace.lines(['x'])).toEqual(['1 ns x(10, 11)']);
    trace.record(2, 0, 20, 21);
    trace.record(3, 0, 30, 31);
    expect(trace.lines(['x'])).toEqual(['2 ns x(20, 21)', '3 ns x(30, 31)']);
    expect(() => new Trace(0)).toThrow(RangeError);
  });
});
