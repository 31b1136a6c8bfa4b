/** The rule for link names, the names that scripts refer to, and how one is derived from a name. */
import { allOf, NotEmpty } from './rule';
import { AtMost, StartsWith, Without } from './text';

const LINK_NAME_LIMIT = 50;
export const linkNameRule = `at most ${LINK_NAME_LIMIT} ASCII letters, digits and _, first a letter; unique in the workspace without regard to case.`;

export const LinkName = (): PropertyDecorator =>
  allOf(
    NotEmpty('The link name'),
    AtMost('The link name', LINK_NAME_LIMIT),
    Without(/[^A-Za-z0-9_]/, 'The link name takes ASCII letters, digits and _ only.'),
    StartsWith(/^[A-Za-z]/, 'The link name starts with an ASCII letter.'),
  );

/** What link names are compared by: they are unique without regard to case. */
export const linkNameKey = (linkName: string): string => linkName.toLowerCase();

/**
 * Derives a link name: what is not allowed becomes `_`, `c_` stands before what does not start with a letter, 50 characters
 * at most; `_2`, `_3` … as long as `taken` says that its key is in use.
 */
export async function deriveLinkName(name: string, taken: (key: string) => Promise<boolean>): Promise<string> {
  const plain = name.replace(/[^A-Za-z0-9_]/gu, '_');
  const base = (/^[A-Za-z]/.test(plain) ? plain : `c_${plain}`).slice(0, LINK_NAME_LIMIT);
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const candidate = base.slice(0, LINK_NAME_LIMIT - suffix.length) + suffix;
    if (!(await taken(linkNameKey(candidate)))) return candidate;
  }
}
