// petaproof project FILE.csv | RUN...: from what was measured on few GPUs to what many will do, with a band and what
// is refused.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/app/exit_code.hpp"
#include "harness/json/configs.hpp"
#include "harness/project/from_runs.hpp"
#include "harness/project/render.hpp"
#include "harness/record/loaded_run.hpp"
#include "harness/run/to_stderr.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/copies.hpp"
#include "harness/sample/evidence.hpp"
#include "harness/sample/measured_nodes.hpp"

namespace petaproof {
namespace {

struct Options {
  std::vector<std::string> inputs;  // one CSV table, or run folders
  bool all = false;
  std::vector<std::string> series;
  std::optional<std::int64_t> fit_max_gpus;
  std::vector<std::int64_t> at_gpus;
  bool untuned = false;
  bool json = false;
  std::vector<std::int64_t> goodput_gpus;
  std::optional<double> failures_per_gpu_day;
  std::optional<std::int64_t> failures;
  std::optional<double> gpu_hours;
  std::optional<double> checkpoint_seconds;
  std::optional<double> restart_seconds;
  std::vector<std::string> measured;
};

constexpr const char* help =
    "Projects scaling points to more GPUs: fits, predictions with bands, and what is refused, with the reason.\n\n"
    "INPUT is a CSV table with one row per measured point (columns: harness/project/README.md), or the folders of\n"
    "runs on several numbers of nodes, whose collectives are the points; say with --at to how many GPUs. Collectives "
    "of one\n"
    "system are fitted together over all message sizes, T = a + c log2(nodes) + S f(n) / B. Training steps and HPL\n"
    "carry the rate per GPU of the largest fitted count forward. Rows above --fit-max-gpus are predicted, never\n"
    "fitted, so that the error is a held-out one. Needs no GPU, no MPI and no network.\n\n"
    "Goodput needs no INPUT: how much of the time is left for progress when failures interrupt a job.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof project scaling.csv --all --fit-max-gpus 128      predict what was measured on more than 128 GPUs\n"
    "  petaproof project scaling.csv --series my-training --at 4096,16384\n"
    "  petaproof project run-4-nodes run-8-nodes run-16-nodes --at 1024,4096\n"
    "  petaproof project scaling.csv --fit-max-gpus 128 --json | jq '.summary, .refused'\n"
    "  petaproof project --goodput 16384 --checkpoint-seconds 30 --restart-seconds 300\n"
    "  petaproof project --goodput 4096 --failures 3 --gpu-hours 120000 --checkpoint-seconds 20\n"
    "                    --restart-seconds 400 --measured checkpoint,restart\n\n"
    "Exit codes: 0 something was predicted; 2 nothing was, as everything asked for was refused or left out;\n"
    "3 usage, or a table or run that is not valid.";

[[noreturn]] void usage_error(const std::string& message) {
  throw Error(Domain::usage, message);
}

// Options that say something only together with --goodput.
void check_goodput_options(const Options& options) {
  const bool any = options.failures_per_gpu_day || options.failures || options.gpu_hours ||
                   options.checkpoint_seconds || options.restart_seconds || !options.measured.empty();
  if (options.goodput_gpus.empty()) {
    if (any) usage_error("say --goodput GPUS: failures, checkpoints and restarts have no other use");
    return;
  }
  if (!options.checkpoint_seconds || !options.restart_seconds)
    usage_error("--goodput needs --checkpoint-seconds and --restart-seconds: there is no usual value of either");
  if (options.failures.has_value() != options.gpu_hours.has_value())
    usage_error("--failures and --gpu-hours go together: a count, and the time in which it was counted");
  if (options.failures && options.failures_per_gpu_day)
    usage_error("--failures is a measured rate and --failures-per-gpu-day an assumed one: choose");
}

std::optional<project::GoodputReport> goodput_report(const Options& options) {
  check_goodput_options(options);
  if (options.goodput_gpus.empty()) return std::nullopt;
  const auto measured = [&](const char* what) { return std::ranges::count(options.measured, what) > 0; };
  project::GoodputReport report{.failures = project::published_failure_rate(),
                                .checkpoint_seconds = *options.checkpoint_seconds,
                                .checkpoint_measured = measured("checkpoint"),
                                .restart_seconds = *options.restart_seconds,
                                .restart_measured = measured("restart"),
                                .results = {}};
  if (options.failures_per_gpu_day) report.failures = project::assumed_failure_rate(*options.failures_per_gpu_day);
  if (options.failures) report.failures = project::measured_failure_rate(*options.failures, *options.gpu_hours);
  for (const std::int64_t gpus : options.goodput_gpus)
    report.results.push_back(
        project::goodput({gpus, report.failures, report.checkpoint_seconds, report.restart_seconds}));
  return report;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// The same points twice would count twice, in a folder that joins runs too.
void require_new(const std::string& run_id, const std::string& folder, std::set<std::string>& known) {
  if (!known.insert(run_id).second)
    usage_error(fmt::format("\"{}\" holds run {}, which is given already", folder, run_id));
}

struct Folders {
  std::vector<project::RunRecords> records;
  std::vector<sample::MeasuredRun> runs;  // of all
  std::vector<project::RunState> states;
};

// With what the judge would not let count either. Each folder for itself: a GPU that was cut into slices in one run
// may have been whole in the next.
Folders load_folders(const std::vector<std::string>& folders) {
  const auto hardware = judge::HardwareDatabase::load(config_folder("hardware"));
  Folders all;
  std::set<std::string> known;
  for (const std::string& folder : folders) {
    if (!is_folder(folder)) usage_error(fmt::format("\"{}\" is no folder, and the others are runs", folder));
    LoadedRun loaded = load_run(folder);
    const std::vector<sample::MeasuredRun> runs = sample::measured_from(loaded);
    project::RunState state{.folder = folder, .run_id = loaded.run_id};
    for (const sample::MeasuredRun& run : runs) {
      require_new(run.run_id, folder, known);
      state.damage.insert(state.damage.end(), run.damage.begin(), run.damage.end());
    }
    std::vector<judge::RunFault> faults = run_faults(runs, take_census(runs, hardware));
    for (judge::RunFault& fault : runs_without_manifest(runs, loaded.records)) faults.push_back(std::move(fault));
    project::RunRecords records{.folder = folder, .records = std::move(loaded.records)};
    for (const judge::RunFault& fault : faults) {
      records.faults.emplace(fault.run_id, fault.why);
      state.faults.push_back(fmt::format("run {}: {}", fault.run_id, fault.why));
    }
    all.runs.insert(all.runs.end(), runs.begin(), runs.end());
    all.records.push_back(std::move(records));
    all.states.push_back(std::move(state));
  }
  return all;
}

// Of all folders together: a copy is named otherwise.
void find_copies(Folders& all) {
  std::vector<const nlohmann::json*> records;
  for (const project::RunRecords& folder : all.records)
    for (const nlohmann::json& record : folder.records) records.push_back(&record);
  const std::vector<std::string> reasons = sample::told_twice(all.runs, records);
  auto reason = reasons.begin();
  for (project::RunRecords& folder : all.records) {
    const auto end = reason + static_cast<std::ptrdiff_t>(folder.records.size());
    folder.told_twice.assign(reason, end);
    reason = end;
  }
}

void project_folders(project::Report& report) {
  Folders all = load_folders(report.inputs);
  for (const project::RunState& state : all.states)
    for (const std::string& damage : state.damage)
      to_stderr("petaproof: damaged: {}{}\n", all.states.size() > 1 ? state.folder + ": " : "", damage);
  find_copies(all);
  project::RunRows found = project::rows_from_runs(all.records);
  report.runs = std::move(all.states);
  report.projection =
      project::project(found.rows, report.options, judge::HardwareDatabase::load(config_folder("hardware")));
  for (project::LeftOut& one : found.left_out) report.projection.left_out.push_back(std::move(one));
}

void project_inputs(project::Report& report) {
  const std::vector<std::string>& inputs = report.inputs;
  if (is_folder(inputs.front())) return project_folders(report);
  if (inputs.size() > 1)
    usage_error(fmt::format("one table, or run folders alone: \"{}\" is a file and \"{}\" is given too", inputs[0],
                            inputs[1]));
  const auto rows = project::load_scaling_table(inputs.front());
  report.projection =
      project::project(rows, report.options, judge::HardwareDatabase::load(config_folder("hardware")));
}

ExitCode run(const Options& options) {
  project::Report report;
  report.goodput = goodput_report(options);
  if (options.inputs.empty()) {
    if (!report.goodput) usage_error("a table or runs to project are expected, or --goodput");
    if (options.all || !options.series.empty() || options.fit_max_gpus || !options.at_gpus.empty())
      usage_error("--all, --series, --fit-max-gpus and --at are about an INPUT, and none is given");
  } else {
    report.inputs = options.inputs;
    report.options.series.insert(options.series.begin(), options.series.end());
    if (options.fit_max_gpus) report.options.fit_max_gpus = *options.fit_max_gpus;
    report.options.at_gpus = options.at_gpus;
    report.options.untuned = options.untuned;
    project_inputs(report);
  }
  std::fputs((options.json ? project::render_json(report) : project::render_text(report)).c_str(), stdout);
  return report.goodput || !report.projection.predictions.empty() ? ExitCode::ok : ExitCode::undecided;
}

}  // namespace

void add_project_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("project", help);
  const auto counts = CLI::Range(std::int64_t{1}, std::int64_t{100'000'000});
  command->add_option("INPUT", options->inputs, "A CSV table of scaling points, or run folders");
  CLI::Option* all = command->add_flag("--all", options->all, "Every series of the table (the default)");
  command->add_option("--series", options->series, "Only this series; may be given several times")->excludes(all);
  command->add_option("--fit-max-gpus", options->fit_max_gpus, "Fit rows of at most so many GPUs, predict the others")
      ->check(counts);
  command->add_option("--at", options->at_gpus, "Predict for these GPU counts too, beyond what the table has")
      ->delimiter(',')
      ->check(counts);
  command->add_flag("--untuned", options->untuned,
                    "Nobody has tuned this cluster for this work: a training rate may fall by twice as much");
  command->add_option("--goodput", options->goodput_gpus, "Goodput of jobs on so many GPUs")
      ->delimiter(',')
      ->check(counts);
  command->add_option("--failures-per-gpu-day", options->failures_per_gpu_day,
                      "Assumed failure rate (default: the published one of Llama 3's training)");
  command->add_option("--failures", options->failures, "Measured: failures that interrupted jobs; with --gpu-hours");
  command->add_option("--gpu-hours", options->gpu_hours, "Measured: the GPU-hours in which --failures were counted");
  command->add_option("--checkpoint-seconds", options->checkpoint_seconds, "How long a checkpoint stops training");
  command->add_option("--restart-seconds", options->restart_seconds, "From a failure to the first new step");
  command->add_option("--measured", options->measured, "Which of checkpoint, restart were measured, not assumed")
      ->delimiter(',')
      ->check(CLI::IsMember({"checkpoint", "restart"}));
  command->add_flag("--json", options->json, "One JSON document with every fit, prediction and refusal");
  command->footer(footer);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace petaproof
