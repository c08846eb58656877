import { beforeEach, describe, expect, it } from 'vitest';
import { NO_PROCESS, type Process, type ProcessId, Simulation, SUSPEND } from '../../src/engine/index.ts';
import { simTime } from '../../src/units/index.ts';

describe('a process', () => {
  let simulation: Simulation;
  let log: string[];
  const note = (text: string): number => log.push(`${simulation.now}: ${text}`);

  beforeEach(() => {
    simulation = new Simulation({ seed: 'test' });
    log = [];
  });

  it('runs at once to its first yield, and sleeps as long as it yields', () => {
    function* sleeper(): Process {
      note('started');
      const value = yield 30;
      note(`slept, got ${value}`);
      yield 0;
      note('done');
    }
    const process = simulation.processes.spawn('sleeper', sleeper());
    expect(log).toEqual(['0: started']);
    expect([simulation.processes.live, simulation.processes.isAlive(process)]).toEqual([1, true]);
    expect(simulation.processes.nameOf(process)).toBe('sleeper');
    simulation.run(simTime(100));
    expect(log).toEqual(['0: started', '30: slept, got 0', '30: done']);
    expect([simulation.processes.live, simulation.processes.isAlive(process)]).toEqual([0, false]);
  });

  it('stays parked until it is resumed, and gets the value', () => {
    function* parked(): Process {
      note(`got ${yield SUSPEND}`);
    }
    const process = simulation.processes.spawn('parked', parked());
    const kick = simulation.on('kick', (value) => {
      expect(simulation.processes.resume(process, value)).toBe(true);
      note('after the resumed one');
    });
    simulation.at(simTime(50), kick, 7);
    simulation.run(simTime(100));
    expect(log).toEqual(['50: got 7', '50: after the resumed one']);
  });

  it('is woken early when it is resumed while asleep, and only once', () => {
    function* sleeper(): Process {
      note(`first ${yield 1_000}`);
      note(`second ${yield 1_000}`);
    }
    const process = simulation.processes.spawn('sleeper', sleeper());
    const kick = simulation.on('kick', () => simulation.processes.resume(process, 9));
    simulation.at(simTime(50), kick);
    simulation.run(simTime(10_000));
    expect(log).toEqual(['50: first 9', '1050: second 0']);
  });

  it('that is over is not resumed, even when another has taken its place', () => {
    function* brief(): Process {
      note('brief');
      if (simulation.now > 0) yield 0;
    }
    function* parked(): Process {
      note(`parked got ${yield SUSPEND}`);
    }
    const over = simulation.processes.spawn('brief', brief());
    const next = simulation.processes.spawn('parked', parked());
    expect(over).not.toBe(next);
    expect(simulation.processes.resume(over, 1)).toBe(false);
    expect(simulation.processes.kill(over)).toBe(false);
    expect(log).toEqual(['0: brief']);
    expect(simulation.processes.isAlive(next)).toBe(true);
  });

  it('runs its finally blocks when it is killed, and its sleep is cancelled', () => {
    function* sleeper(): Process {
      try {
        yield 1_000;
        note('never');
      } finally {
        note('cleaned up');
      }
    }
    const process = simulation.processes.spawn('sleeper', sleeper());
    expect(simulation.pendingEvents).toBe(1);
    expect(simulation.processes.kill(process)).toBe(true);
    expect([simulation.pendingEvents, simulation.processes.live]).toEqual([0, 0]);
    simulation.run(simTime(5_000));
    expect(log).toEqual(['0: cleaned up']);
  });

  it('that kills itself ends at its next yield', () => {
    function* suicidal(): Process {
      yield 10;
      simulation.processes.kill(simulation.processes.current);
      note('last words');
      yield 10;
      note('never');
    }
    simulation.processes.spawn('suicidal', suicidal());
    simulation.run(simTime(100));
    expect([log, simulation.processes.live, simulation.pendingEvents]).toEqual([['10: last words'], 0, 0]);
  });

  it('knows which one is current while processes resume each other', () => {
    const { processes } = simulation;
    let inner: ProcessId = NO_PROCESS;
    function* innerBody(): Process {
      yield SUSPEND;
      note(`inner ${processes.current === inner}`);
    }
    function* outerBody(): Process {
      yield 5;
      const own = processes.current;
      processes.resume(inner, 0);
      note(`outer ${processes.current === own}`);
    }
    inner = processes.spawn('inner', innerBody());
    processes.spawn('outer', outerBody());
    simulation.run(simTime(10));
    expect(log).toEqual(['5: inner true', '5: outer true']);
    expect(processes.current).toBe(NO_PROCESS);
  });

  it('may not be resumed while it runs, nor yield what means nothing', () => {
    function* selfish(): Process {
      simulation.processes.resume(simulation.processes.current, 0);
      yield 0;
    }
    expect(() => simulation.processes.spawn('selfish', selfish())).toThrow(/selfish resumed while it runs/);
    function* nonsense(): Process {
      yield Number.NaN;
    }
    expect(() => simulation.processes.spawn('nonsense', nonsense())).toThrow(/nonsense yielded NaN/);
  });

  it('interleaves with others by instant and order of going to sleep', () => {
    function* walker(name: string, pace: number): Process {
      for (let step = 0; step < 3; step++) {
        yield pace;
        note(name);
      }
    }
    simulation.processes.spawn('a', walker('a', 20));
    simulation.processes.spawn('b', walker('b', 30));
    simulation.processes.spawn('c', walker('c', 20));
    simulation.run(simTime(100));
    expect(log).toEqual(['20: a', '20: c', '30: b', '40: a', '40: c', '60: b', '60: a', '60: c', '90: b']);
  });
});
