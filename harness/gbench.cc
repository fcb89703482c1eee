// gbench.cc - the only C++ file: Google Benchmark's classes behind gbench.h. Stands alone.
#include <concbench/gbench.h>

#include <benchmark/benchmark.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include <regex.h>

// What C code holds: the State, and the arguments, which State::range() only asserts the count of.
struct gbench_state {
	benchmark::State *state;
	const std::vector<int64_t> *args;
};

namespace
{

// Nothing may unwind through C frames.
template <typename Body> int guarded(Body body) noexcept
{
	try {
		return body();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &) {
		return -EIO;
	} catch (...) {
		return -EIO;
	}
}

benchmark::TimeUnit unit_of(enum gbench_unit unit)
{
	switch (unit) {
	case GBENCH_US:
		return benchmark::kMicrosecond;
	case GBENCH_MS:
		return benchmark::kMillisecond;
	case GBENCH_S:
		return benchmark::kSecond;
	case GBENCH_UNIT_DEFAULT:
	case GBENCH_NS:
		break;
	}
	return benchmark::kNanosecond;
}

enum gbench_unit unit_from(benchmark::TimeUnit unit)
{
	switch (unit) {
	case benchmark::kMicrosecond:
		return GBENCH_US;
	case benchmark::kMillisecond:
		return GBENCH_MS;
	case benchmark::kSecond:
		return GBENCH_S;
	case benchmark::kNanosecond:
		break;
	}
	return GBENCH_NS;
}

// Up to 1.7 a run that was given up has error_occurred; from 1.8 on it has skipped.
template <typename Run, typename = void> struct RunError {
	static bool occurred(const Run &run)
	{
		return run.error_occurred;
	}
	static const std::string &message(const Run &run)
	{
		return run.error_message;
	}
};

template <typename Run> struct RunError<Run, std::void_t<decltype(std::declval<Run>().skipped)>> {
	static bool occurred(const Run &run)
	{
		return static_cast<int>(run.skipped) != 0;
	}
	static const std::string &message(const Run &run)
	{
		return run.skip_message;
	}
};

// Hands every row to C, prints nothing.
class RowReporter : public benchmark::BenchmarkReporter
{
      public:
	RowReporter(gbench_row_fn row, void *user) : row_(row), user_(user)
	{
	}

	bool ReportContext(const Context &) override
	{
		return true;
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		for (const Run &run : runs)
			report(run);
	}

      private:
	void report(const Run &run)
	{
		const std::string name = run.benchmark_name();
		const std::string run_name = run.run_name.str();
		const bool aggregate = run.run_type == Run::RT_Aggregate;
		std::vector<gbench_counter_value> counters;
		gbench_row row{};

		counters.reserve(run.counters.size());
		for (const auto &counter : run.counters)
			counters.push_back({counter.first.c_str(), counter.second.value});
		row.name = name.c_str();
		row.run_name = run_name.c_str();
		row.label = run.report_label.c_str();
		row.error =
		    RunError<Run>::occurred(run) ? RunError<Run>::message(run).c_str() : nullptr;
		row.aggregate = aggregate ? run.aggregate_name.c_str() : nullptr;
		row.repetition_index = aggregate ? -1 : run.repetition_index;
		row.repetitions = run.repetitions;
		row.threads = run.threads;
		row.iterations = run.iterations;
		row.real_time = run.GetAdjustedRealTime();
		row.cpu_time = run.GetAdjustedCPUTime();
		row.unit = unit_from(run.time_unit);
		row.counters = counters.data();
		row.counter_count = counters.size();
		row_(&row, user_);
	}

	gbench_row_fn row_;
	void *user_;
};

// Google Benchmark sends what it has to say about a filter to the reporter's error stream.
size_t run_silently(benchmark::BenchmarkReporter *reporter, std::ostream *out)
{
	std::ostringstream ignored;

	reporter->SetOutputStream(out ? out : &ignored);
	reporter->SetErrorStream(&ignored);
	return benchmark::RunSpecifiedBenchmarks(reporter);
}

// Checked here, because Google Benchmark only prints what is wrong and goes on. Its own matcher
// takes POSIX extended expressions too.
int check_filter(const std::string &filter)
{
	const std::string pattern = filter.substr(!filter.empty() && filter[0] == '-' ? 1 : 0);
	regex_t regex;

	if (pattern.empty() || pattern == "all")
		return 0;
	if (regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
		return -EINVAL;
	regfree(&regex);
	return 0;
}

void report_matched(size_t count, size_t *matched)
{
	if (matched)
		*matched = count;
}

// What a C caller has put into an enum may be any number; in C++ already reading it as the enum is
// undefined then.
template <typename Enum> unsigned raw(const Enum &value)
{
	static_assert(sizeof(Enum) == sizeof(unsigned), "C's enums are ints");
	unsigned number;

	std::memcpy(&number, &value, sizeof(number));
	return number;
}

bool case_is_good(const struct gbench_case *c)
{
	return c && c->name && c->name[0] && c->fn && raw(c->unit) <= GBENCH_S &&
	       raw(c->clock) <= GBENCH_MANUAL_TIME && c->threads >= 0 && c->iterations >= 0 &&
	       c->repetitions >= 0 && c->min_time_s >= 0.0 && c->warmup_s >= 0.0 &&
	       (c->args || !c->arg_count);
}

void configure(benchmark::internal::Benchmark *b, const struct gbench_case &c)
{
	if (c.unit != GBENCH_UNIT_DEFAULT)
		b->Unit(unit_of(c.unit));
	if (c.clock == GBENCH_REAL_TIME)
		b->UseRealTime();
	if (c.clock == GBENCH_MANUAL_TIME)
		b->UseManualTime();
	if (c.arg_count)
		b->Args(std::vector<int64_t>(c.args, c.args + c.arg_count));
	if (c.iterations)
		b->Iterations(c.iterations);
	else if (c.min_time_s > 0.0)
		b->MinTime(c.min_time_s);
	// With fixed iterations Google Benchmark refuses a warm-up: there is nothing to calibrate.
	if (c.warmup_s > 0.0 && !c.iterations)
		b->MinWarmUpTime(c.warmup_s);
	if (c.repetitions)
		b->Repetitions(c.repetitions);
	if (c.threads > 1)
		b->Threads(c.threads);
}

} // namespace

int gbench_initialize(int *argc, char **argv)
{
	return guarded([argc, argv] {
		benchmark::Initialize(argc, argv);
		return 0;
	});
}

int gbench_register(const struct gbench_case *c)
{
	if (!case_is_good(c))
		return -EINVAL;
	return guarded([c] {
		const gbench_fn fn = c->fn;
		void *const user = c->user;
		const std::vector<int64_t> args(c->args, c->args + c->arg_count);

		configure(benchmark::RegisterBenchmark(c->name,
			      [fn, user, args](benchmark::State &state) {
				      gbench_state own{&state, &args};

				      fn(&own, user);
			      }),
		    *c);
		return 0;
	});
}

void gbench_clear(void)
{
	(void)guarded([] {
		benchmark::ClearRegisteredBenchmarks();
		return 0;
	});
}

int gbench_add_context(const char *key, const char *value)
{
	if (!key || !key[0] || !value)
		return -EINVAL;
	return guarded([key, value] {
		benchmark::AddCustomContext(key, value);
		return 0;
	});
}

int gbench_set_filter(const char *regex)
{
	return guarded([regex] {
		const std::string filter = regex && regex[0] ? regex : ".";
		const int ret = check_filter(filter);

		if (!ret)
			benchmark::SetBenchmarkFilter(filter);
		return ret;
	});
}

const char *gbench_library_build_type(void)
{
	// The library reports its own through the JSON context and nowhere else.
	static const std::string type = [] {
		std::string found = "unknown";

		(void)guarded([&found] {
			std::ostringstream out;
			benchmark::JSONReporter reporter;
			benchmark::BenchmarkReporter::Context context;
			const std::string key = "\"library_build_type\": \"";
			std::string text;

			reporter.SetOutputStream(&out);
			reporter.SetErrorStream(&out);
			(void)reporter.ReportContext(context);
			text = out.str();
			const size_t at = text.find(key);
			if (at != std::string::npos) {
				const size_t from = at + key.size();
				found = text.substr(from, text.find('"', from) - from);
			}
			return 0;
		});
		return found;
	}();
	return type.c_str();
}

int gbench_run(size_t *matched)
{
	return guarded([matched] {
		const int ret = check_filter(benchmark::GetBenchmarkFilter());

		if (!ret)
			report_matched(benchmark::RunSpecifiedBenchmarks(), matched);
		return ret;
	});
}

int gbench_run_rows(gbench_row_fn row, void *user, size_t *matched)
{
	if (!row)
		return -EINVAL;
	return guarded([row, user, matched] {
		RowReporter reporter(row, user);
		const int ret = check_filter(benchmark::GetBenchmarkFilter());

		if (!ret)
			report_matched(run_silently(&reporter, nullptr), matched);
		return ret;
	});
}

int gbench_run_json(char **json, size_t *matched)
{
	if (!json)
		return -EINVAL;
	return guarded([json, matched] {
		std::ostringstream out;
		benchmark::JSONReporter reporter;
		int ret = check_filter(benchmark::GetBenchmarkFilter());

		if (ret)
			return ret;
		const size_t count = run_silently(&reporter, &out);
		// Without a case Google Benchmark writes nothing at all, which is no JSON.
		char *text =
		    strdup(count ? out.str().c_str() : "{\"context\": {}, \"benchmarks\": []}\n");

		if (!text)
			return -ENOMEM;
		*json = text;
		report_matched(count, matched);
		return ret;
	});
}

bool gbench_keep_running(struct gbench_state *state)
{
	return state->state->KeepRunning();
}

bool gbench_keep_running_batch(struct gbench_state *state, int64_t n)
{
	return state->state->KeepRunningBatch(n);
}

int64_t gbench_max_iterations(const struct gbench_state *state)
{
	return static_cast<int64_t>(state->state->max_iterations);
}

int64_t gbench_iterations(const struct gbench_state *state)
{
	return static_cast<int64_t>(state->state->iterations());
}

int64_t gbench_arg(const struct gbench_state *state, size_t i)
{
	return i < state->args->size() ? (*state->args)[i] : 0;
}

int gbench_thread_index(const struct gbench_state *state)
{
	return state->state->thread_index();
}

void gbench_pause_timing(struct gbench_state *state)
{
	state->state->PauseTiming();
}

void gbench_resume_timing(struct gbench_state *state)
{
	state->state->ResumeTiming();
}

void gbench_set_iteration_time_s(struct gbench_state *state, double seconds)
{
	state->state->SetIterationTime(seconds);
}

void gbench_skip_with_error(struct gbench_state *state, const char *message)
{
	(void)guarded([state, message] {
		state->state->SkipWithError(message);
		return 0;
	});
}

void gbench_set_label(struct gbench_state *state, const char *text)
{
	(void)guarded([state, text] {
		state->state->SetLabel(text);
		return 0;
	});
}

int gbench_set_counter(struct gbench_state *state, const char *name, double value, unsigned flags)
{
	static const struct {
		unsigned ours;
		benchmark::Counter::Flags theirs;
	} table[] = {
	    {GBENCH_COUNTER_RATE, benchmark::Counter::kIsRate},
	    {GBENCH_COUNTER_AVG_THREADS, benchmark::Counter::kAvgThreads},
	    {GBENCH_COUNTER_ITERATION_INVARIANT, benchmark::Counter::kIsIterationInvariant},
	    {GBENCH_COUNTER_AVG_ITERATIONS, benchmark::Counter::kAvgIterations},
	    {GBENCH_COUNTER_INVERT, benchmark::Counter::kInvert},
	};

	// The JSON reporter would write NaN and Infinity as they are, which is no JSON.
	if (!name || !name[0] || !std::isfinite(value))
		return -EINVAL;
	return guarded([=] {
		benchmark::Counter::Flags mapped = benchmark::Counter::kDefaults;

		for (const auto &entry : table)
			if (flags & entry.ours)
				mapped = mapped | entry.theirs;
		state->state->counters[name] = benchmark::Counter(value, mapped);
		return 0;
	});
}
