import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A test that took a setting's value for a folder once left keys in the tree, in folders of such names. */
describe('what is under version control', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);

  it('has names that every system can check out', () => {
    expect(files.filter((file) => !/^[\w@.+/-]+$/.test(file))).toEqual([]);
  });

  it('has no key in a file of its own', () => {
    expect(files.filter((file) => /\.(key|pem|p8|p12)$/.test(file))).toEqual([]);
  });
});
