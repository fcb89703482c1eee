#!/usr/bin/python3
"""run_file_check.py - is every figure of a run file what its samples say?

Usage: scripts/tests/run_file_check.py RUN.JSON...

Works the figures out again from the samples, and the samples from the journal beside the file where there is
one, by an implementation that shares nothing with the program but the definitions in its READMEs. Says a line
for whatever differs. Exit status: 0 nothing does, 1 something, 2 usage or no run file.

What it does not work out anew: intervals of shares and outcomes, percentiles that are merged from all launches,
regimes, and what the window's length was found to be.
"""
import json
import math
import os
import statistics
import sys

LEVEL = 0.95
FIGURE = ('ok', 'noisy', 'oversubscribed')
RARE = ('steal_pct', 'migrations', 'involuntary_switches_per_op', 'outcome.', 'throttled_pct', 'other_busy_pus',
        'device_interrupts_per_s')
PERCENTILES = ('p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns', 'max_ns')


def near(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b


def median_interval(x):
    """Hettmansperger and Sheather 1986: two intervals of order statistics, interpolated."""
    x, n = sorted(x), len(x)

    def coverage(d):
        """Of x[d] to x[n+1-d], counted from 1: exact, in whole numbers."""
        return 1 - 2 * sum(math.comb(n, i) for i in range(d)) / 2 ** n

    d = max([k for k in range(1, (n + 1) // 2 + 1) if coverage(k) >= LEVEL], default=1)
    outer, inner = coverage(d), coverage(d + 1)
    share = 0.0
    if outer >= LEVEL:
        i = (outer - LEVEL) / (outer - inner)
        share = (n - d) * i / (d + (n - 2 * d) * i)
    low = (1 - share) * x[d - 1] + share * x[min(d, n - 1)]
    high = (1 - share) * x[n - d] + share * x[max(n - d - 1, 0)]
    return {'estimate': statistics.median(x), 'low': low, 'high': high}, min(outer, LEVEL)


def middle(name, x):
    return statistics.fmean(x) if name.startswith(RARE) else statistics.median(x)


class Case:
    """One case of a run file; `say` takes what is wrong with it."""

    def __init__(self, case, say):
        self.case, self.say = case, say
        self.figure = case['figure']
        self.rate = self.figure['metric'] == 'ns_per_op'
        self.mean = self.figure['scale'] in ('share', 'outcome')
        columns = case['samples']['columns']
        self.rows = [dict(zip(columns, row)) for row in case['samples']['rows']]
        self.used = [r for r in self.rows if self.uses(r)]
        self.launches = {}
        for r in self.used:
            self.launches.setdefault(r['launch'], []).append(r)

    def uses(self, row):
        window = row.get('window_ns')
        return not row['warm_up'] and (not self.case['slot_ns'] or window is None or
                                       abs(window - self.case['slot_ns']) < 1)

    def same(self, what, is_now, should_be):
        if not near(is_now, should_be):
            self.say(f'{what} is {is_now}, and its samples say {should_be}')

    def value(self, row):
        if self.figure['scale'] == 'outcome':
            ended = [w for w in self.figure['outcomes'].split() if (row.get('outcome.' + w) or 0) > 0]
            return float(ended[0] == self.figure['outcomes'].split()[0]) if len(ended) == 1 else None
        x = row.get(self.figure['metric'])
        if x is None or (self.figure['scale'] == 'ratio' and x <= 0) or (self.mean and not 0 <= x <= 1):
            return None
        return x

    def launch_figure(self, rows):
        x = [v for v in map(self.value, rows) if v is not None]
        if self.rate:
            if len(rows) // 2 >= len(x):
                return None
            return statistics.median(x + [math.inf] * (len(rows) - len(x)))
        if not x:
            return None
        return statistics.fmean(x) if self.mean else statistics.median(x)

    @staticmethod
    def totals(rows):
        both = [r for r in rows if r.get('ops') is not None and r.get('window_ns') is not None]
        return sum(r['ops'] for r in both), sum(r['window_ns'] for r in both)

    def figures(self):
        """Of each launch, with whole time over all operations where a launch has no middle."""
        figure = {k: self.launch_figure(rows) for k, rows in self.launches.items()}
        self.pooled = self.rate and None in figure.values()
        if self.pooled:
            for k, rows in self.launches.items():
                ops, ns = self.totals(rows)
                figure[k] = ns / ops if ops > 0 and ns > 0 else None
        return figure

    def launch_metric(self, name, launch):
        if self.pooled and name == 'ops_per_s':
            ops, ns = self.totals(self.launches[launch])
            return ops / ns * 1e9 if ns > 0 else None
        x = [r[name] for r in self.launches[launch] if r.get(name) is not None]
        return middle(name, x) if x else None

    def check(self, rows_of_table):
        self.trials()
        figure = self.figures()
        has = {k: v for k, v in sorted(figure.items()) if v is not None}
        given = self.case['status'] in FIGURE
        if given != ('summary' in self.case):
            self.say(f'{self.case["status"]}, and it has {"no" if given else "a"} summary')
            return
        if given:
            self.summary(self.case['summary'], has, len(figure) - len(has))
        self.table(rows_of_table, has, given)

    def trials(self):
        seen = set()
        for r in self.rows:
            where = f'launch {r["launch"]}, trial {r["slot"]}'
            if (r['launch'], r['slot']) in seen:
                self.say(f'{where} is there twice')
            seen.add((r['launch'], r['slot']))
            ops, window = r.get('ops'), r.get('window_ns')
            if ops and window:
                if r.get('ns_per_op') is not None:
                    self.same(f'{where}: ns_per_op', r['ns_per_op'], window / ops)
                if r.get('ops_per_s') is not None:
                    self.same(f'{where}: ops_per_s', r['ops_per_s'], ops / window * 1e9)

    def summary(self, s, has, without):
        empty = sum(self.value(r) is None for r in self.used)
        for what, number in (('launches', len(has)), ('empty_launches', without), ('samples', len(self.used)),
                             ('empty_samples', empty),
                             ('warm_up_samples', sum(r['warm_up'] for r in self.rows))):
            self.same(what, s[what], number)
        if not has:
            self.say('it has a figure, and no launch has one')
            return
        x = list(has.values())
        self.interval(s, x)
        self.same('mad_figure', s['mad_figure'],
                  statistics.median(abs(v - statistics.median(x)) for v in x))
        self.width(s)
        self.medians(s, has)
        if self.rate:
            i = s['figure']
            for end, of in (('estimate', 'estimate'), ('low', 'high'), ('high', 'low')):
                self.same(f'ops_per_s.{end}', s['ops_per_s'][end], 1e9 / i[of])
        if self.figure['scale'] == 'outcome':
            for word, count in s['outcomes'].items():
                self.same(f'outcomes.{word}', count,
                          sum((r.get('outcome.' + word) or 0) > 0 for r in self.used if self.value(r) is not None))
        if 'latency' in s:
            self.latency(s['latency'], has)

    def interval(self, s, x):
        i = s['figure']
        if len(x) == 1:
            should, covered = dict.fromkeys(('estimate', 'low', 'high'), x[0]), 0
        elif self.mean:
            should, covered = {'estimate': statistics.fmean(x)}, LEVEL
        else:
            should, covered = median_interval(x)
        for end, value in should.items():
            self.same(f'figure.{end}', i[end], value)
        self.same('covered', s['covered'], covered)
        if not i['low'] <= i['estimate'] <= i['high']:
            self.say(f'its interval is {i}')

    def width(self, s):
        i = s['figure']
        of = {'ratio': i['estimate'], 'difference': self.figure['worth']}.get(self.figure['scale'], 1)
        longer = max(i['high'] - i['estimate'], i['estimate'] - i['low'])
        wide = 100 * longer / of if of else 100 * (longer > 0)
        self.same('half_width_pct', s['half_width_pct'], wide)
        status, few = self.case['status'], s['launches'] < 5
        too_wide = wide > 10 and self.figure['scale'] != 'outcome'
        if (status == 'oversubscribed') != self.case['oversubscribed']:
            self.say(f'{status}, and oversubscribed is {self.case["oversubscribed"]}')
        if status == 'ok' and (few or too_wide):
            self.say(f'ok with {s["launches"]} launches and +-{wide:.1f} %')
        if status == 'noisy' and not self.case['reason']:
            self.say('noisy without a reason')

    def medians(self, s, has):
        for name, value in s['medians'].items():
            x = [v for v in (self.launch_metric(name, k) for k in has) if v is not None]
            if name == self.figure['metric']:
                should = s['figure']['estimate']
            elif self.rate and name == 'ops_per_s':
                should = 1e9 / s['figure']['estimate']
            else:
                should = middle(name, x) if x else None
            self.same(f'medians.{name}', value, should)

    def latency(self, l, has):
        h = l['histogram']
        self.same('latencies counted', h['count'], sum(h['buckets'][1::2]))
        for name in PERCENTILES:
            p = l.get(name)
            if p is None:
                continue
            x = [v for v in (self.launch_metric(name, k) for k in has) if v is not None]
            if name == 'max_ns':
                should = dict.fromkeys(('estimate', 'low', 'high'), max(x))
            elif not p['merged']:
                should = median_interval(x)[0] if len(x) > 1 else dict.fromkeys(('estimate', 'low', 'high'), x[0])
                self.same(f'launches with {name}', len(x), len(has))
            else:
                should = {'low': p['estimate'], 'high': p['estimate']}
            for end, value in should.items():
                self.same(f'{name}.{end}', p[end], value)

    def table(self, rows, has, given):
        """What Google Benchmark's tools read."""
        if self.case['status'] in ('unsupported', 'not_run') and not rows:
            return
        if not given:
            if not any(r.get('error_occurred') for r in rows):
                self.say('it has failed, and its rows do not say so')
            return
        launches = [r for r in rows if r['run_type'] == 'iteration']
        if len(launches) != len(has):
            self.say(f'{len(launches)} rows, and {len(has)} launches')
            return
        for row, (k, figure) in zip(launches, has.items()):
            self.same(f'real_time of row {row["repetition_index"]}', row['real_time'], figure)
            cpu = self.launch_metric('cpu_ns_per_op', k)
            self.same(f'cpu_time of row {row["repetition_index"]}', row['cpu_time'], cpu or 0)
            rate = self.launch_metric('ops_per_s', k) if self.rate else None
            # A trial that is one call has a time and no rate.
            if rate is not None or 'items_per_second' in row:
                self.same(f'items_per_second of row {row["repetition_index"]}', row['items_per_second'], rate)
        x = list(has.values())
        for row in (r for r in rows if r['run_type'] == 'aggregate'):
            name = row['aggregate_name']
            if name == 'median':
                # A share is that of all trials; the median row is of the launches, as its name says.
                should = statistics.median(x) if self.mean else self.case['summary']['figure']['estimate']
                self.same('real_time of the median', row['real_time'], should)
            elif name == 'mean':
                self.same('real_time of the mean', row['real_time'], statistics.fmean(x))


def journal_samples(path, say, whole):
    """By case, launch and trial. The last line may have been cut off; one of a journal that is not `whole` damaged."""
    samples = {}
    with open(path, 'rb') as f:
        lines = f.read().split(b'\n')
    for i, line in enumerate(lines):
        if not line:
            continue
        try:
            j = json.loads(line)
        except ValueError:
            if whole and i + 1 < len(lines):
                say(f'line {i + 1} of the journal is no JSON')
            continue
        if 'sample' in j:
            samples[j['case'], j['sample']['launch'], j['sample']['slot']] = j['sample']
    return samples


def check_journal(path, cases, say, whole):
    """What the file has is what the journal has, and with `whole` the other way about as well."""
    samples = journal_samples(path, say, whole)
    left = dict(samples)
    for case in cases.values():
        name, count = case.case['name'], 0
        for row in case.rows:
            sample = left.pop((name, row['launch'], row['slot']), None)
            where = f'{name}: launch {row["launch"]}, trial {row["slot"]}'
            if not sample:
                say(f'{where} is not in the journal')
                continue
            for key, value in sample['metrics'].items():
                if not near(row.get(key), value):
                    say(f'{where}: {key} is {row.get(key)}, in the journal {value}')
            if row['warm_up'] != sample['warm_up']:
                say(f'{where}: warm-up is {row["warm_up"]}, in the journal {sample["warm_up"]}')
            if case.uses(row):
                count += (sample.get('latency') or {}).get('count', 0)
            worker_ops(sample, where, say)
        latency = case.case.get('summary', {}).get('latency')
        if latency and latency['histogram']['count'] != count:
            say(f'{name}: {latency["histogram"]["count"]} latencies, in the journal {count}')
    for name, launch, slot in left if whole else ():
        say(f'{name}: launch {launch}, trial {slot} is in the journal only')


def worker_ops(sample, where, say):
    ops, jain = sample.get('worker_ops') or [], sample['metrics'].get('jain')
    total = sample['metrics'].get('ops')
    if ops and total is not None and abs(sum(ops) - total) > len(ops) + 1e-9 * total:
        say(f'{where}: {total} operations, and its workers did {sum(ops)}')
    # The index is of parts of operations, too.
    if jain is not None and min(ops, default=0) > 10000 and abs(sum(ops) ** 2 / len(ops) / sum(x * x for x in ops) - jain) > 1e-3:
        say(f'{where}: Jain\'s index is {jain}, which {ops} do not have')


def check(path, whole_journal=True):
    """Returns the run file, and a list of what is wrong with it."""
    wrong = []
    with open(path, encoding='utf-8') as f:
        run = json.load(f)
    own = run['concbench']
    rows = {}
    for row in run['benchmarks']:
        rows.setdefault(row['run_name'], []).append(row)
    cases = {}
    for c in own['cases']:
        name = c['name']
        cases[name] = Case(c, lambda text, name=name: wrong.append(f'{name}: {text}'))
        cases[name].check(rows.pop(name, []))
    for name in rows:
        wrong.append(f'{name}: rows without a case')
    folder = os.path.dirname(path)
    if os.path.exists(os.path.join(folder, 'journal.jsonl')):
        check_journal(os.path.join(folder, 'journal.jsonl'), cases, wrong.append, whole_journal)
    return run, wrong


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith('-'):
        print(__doc__, file=sys.stderr)
        return 2
    bad = 0
    for path in sys.argv[1:]:
        try:
            _, wrong = check(path)
        except (OSError, ValueError, KeyError, TypeError) as e:
            print(f'run_file_check: {path}: no run file: {e!r}', file=sys.stderr)
            return 2
        for line in wrong:
            print(f'{path}: {line}')
        bad |= bool(wrong)
    return int(bad)


if __name__ == '__main__':
    sys.exit(main())
