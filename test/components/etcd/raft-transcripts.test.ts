/** Transcripts in test/transcripts/raft: what the members did then, they do now. UPDATE_TRANSCRIPTS=1 writes them anew; read the difference. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Transcript } from './raft-transcript.ts';

const directory = path.join(import.meta.dirname, '../../transcripts/raft');
const files = readdirSync(directory).filter((name) => name.endsWith('.txt'));

describe('raft does what its transcripts say', () => {
  it.each(files)('%s', (name) => {
    const file = path.join(directory, name);
    const written = readFileSync(file, 'utf8');
    const happened = new Transcript().rewrite(written);
    if (process.env.UPDATE_TRANSCRIPTS === '1') writeFileSync(file, happened);
    else expect(happened).toBe(written);
    expect(happened).not.toContain('BROKEN');
  });

  it('of which there are some', () => {
    expect(files.length).toBeGreaterThan(10);
  });
});
