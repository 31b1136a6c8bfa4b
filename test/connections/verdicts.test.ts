/** How the standings of grants become that of their connection. */
import { ConnectionStatus, HealthRemedy, HealthState } from '../../src/connections/health';
import { isNews, type Standing, summarize } from '../../src/connections/verdicts';

const standing = (line: string, reason = line): Standing => {
  const [status, state, remedy] = line.split(' ');
  return {
    status: ConnectionStatus[status as ConnectionStatus],
    state: HealthState[state as HealthState],
    remedy: HealthRemedy[remedy as HealthRemedy],
    reason,
  };
};
const line = ({ status, state, remedy }: Standing) => `${status} ${state} ${remedy}`;

const well = 'CONNECTED OK NONE';
const down = 'CONNECTED DEGRADED WAIT';
const refused = 'CONNECTED DEGRADED REAUTHORIZE';
const misconfigured = 'CONNECTED DEGRADED FIX_CONFIGURATION';
const spent = 'NEEDS_ATTENTION BROKEN REAUTHORIZE';
const revoked = 'REVOKED BROKEN AUTHORIZE';

test.each<[string[], string]>([
  [[], 'UNAUTHORIZED UNKNOWN AUTHORIZE'],
  [[well], well],
  [[down], down],
  [[refused], refused],
  [[spent], spent],
  [[revoked], revoked],
  [[revoked, revoked], revoked],
  [[revoked, well], well],
  [[refused, revoked], refused],
  [[revoked, spent], spent],
  [[well, well], well],
  [[well, down], 'CONNECTED DEGRADED WAIT'],
  [[down, refused, well], 'CONNECTED DEGRADED REAUTHORIZE'],
  [[refused, misconfigured, down], 'CONNECTED DEGRADED FIX_CONFIGURATION'],
  [[well, spent], 'CONNECTED DEGRADED REAUTHORIZE'],
  [[spent, spent], 'NEEDS_ATTENTION BROKEN REAUTHORIZE'],
  [[spent, down], 'CONNECTED DEGRADED REAUTHORIZE'],
])('grants %j make the connection %s, whatever their order', (grants, expected) => {
  const standings = grants.map((grant) => standing(grant));
  expect(line(summarize(standings))).toBe(expected);
  expect(line(summarize([...standings].reverse()))).toBe(expected);
});

test('the reason is that of the worst, with how many users it is about', () => {
  const reasonOf = (...grants: Standing[]) => summarize(grants).reason;
  const one = standing(refused, 'The API said no.');
  const other = standing(down, 'The API is away.');
  expect(reasonOf(one)).toBe('The API said no.');
  expect(reasonOf(standing(revoked), one)).toBe('The API said no.');
  expect(reasonOf(standing(well), one, standing(revoked))).toBe('1 of 2 users has trouble: The API said no.');
  expect(reasonOf(other, one, standing(well))).toBe('2 of 3 users have trouble: The API said no.');
});

test.each([
  [well, well, false],
  [well, down, true],
  [down, refused, true],
  [refused, spent, true],
  [spent, 'CONNECTED BROKEN REAUTHORIZE', true],
])('from %s to %s is news: %p; another reason is none', (before, after, expected) => {
  expect(isNews(standing(before, 'one'), standing(after, 'other'))).toBe(expected);
});
