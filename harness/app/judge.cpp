// petaproof judge RUN --claim FILE: a claim judged beside what a run measured.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/acceptance/of_run.hpp"
#include "harness/acceptance/render.hpp"
#include "harness/app/exit_code.hpp"
#include "harness/app/output_form.hpp"
#include "harness/app/run_evidence.hpp"
#include "harness/json/configs.hpp"
#include "harness/json/write.hpp"
#include "harness/power/metered.hpp"
#include "harness/publish/comparison.hpp"
#include "harness/publish/table.hpp"
#include "harness/record/loaded_run.hpp"
#include "harness/run/to_stderr.hpp"
#include "harness/sample/render.hpp"

namespace petaproof {
namespace {

struct Options {
  std::string folder;
  std::string claim;
  std::string reading;
  std::vector<std::string> power;
  std::string sample;
  AuditorNotes notes;
  std::string criteria;
  OutputForm form;
};

constexpr const char* help =
    "Judges a claim beside what a run measured. Needs no GPU, no MPI and not the machine that ran: the run folder\n"
    "and the claim are enough, and the same input gives the same verdict, byte for byte.\n\n"
    "Records of the host backend can support no reading about a GPU; they are listed as set aside.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof judge results/local/20261122T161456Z-smoke-1a2b3c --claim nexus-hub-240pf\n"
    "  petaproof judge RUN --reading h200-sxm-141gb/fp64_tensor --json | jq .readings\n"
    "  petaproof judge RUN --criteria h100-sxm-80gb     per GPU, node and group: accepted, or why not\n\n"
    "Exit codes: 0 every reading is confirmed; 1 the reading that the claim names, or every reading, is refuted;\n"
    "2 under-specified or not decidable; 3 usage, claim, criteria, or not a run folder. With --criteria alone: 0 "
    "all\n"
    "criteria pass; 1 one fails; 2 none fails, but not all were measured. With --claim too, the worse of the two.";

// What is printed in columns stays so in Markdown, where only a block of code keeps them.
void print_part(const OutputForm& form, const char* heading, const std::string& text) {
  if (text.empty()) return;
  if (form.markdown)
    fmt::print("\n## {}\n\n```text\n{}```\n", heading, text);
  else
    fmt::print("\n{}", text);
}

ExitCode judge_criteria(const Options& options, const acceptance::OfRun& accepted) {
  fmt::print("{}", options.form.json ? json_text(acceptance::report_json(accepted.criteria, accepted.report))
                                     : acceptance::render_text(accepted.criteria, accepted.report));
  return static_cast<ExitCode>(accepted.report.exit_code());
}

ExitCode run(const Options& options) {
  if (options.notes.given() && options.sample.empty())
    throw Error(Domain::usage, "--expect-hash and --expect-seed are about a draw: say --sample");
  // never freed: the process ends after this, and to give back what 100,000 GPUs wrote takes a tenth of the time
  static const LoadedRun* const kept = new LoadedRun(load_run(options.folder));
  const LoadedRun& loaded = *kept;
  const auto accepted = acceptance::of_run(options.criteria, loaded);
  if (accepted && options.claim.empty() && options.reading.empty() && options.sample.empty())
    return judge_criteria(options, *accepted);
  const std::string claim_name = options.claim.empty() ? loaded.claim : options.claim;
  if (claim_name.empty())
    throw Error(Domain::usage, fmt::format("the suite \"{}\" of this run names no claim; say --claim", loaded.suite));
  const auto knowledge = judge::Knowledge::load(config_root());
  const judge::Claim claim = judge::load_claim(find_config("claims", claim_name), knowledge.hardware);
  RunEvidence found = run_evidence(loaded, options.sample, options.notes, knowledge.hardware);
  found.evidence.power = power::read_all_metered_power(options.power);
  const std::optional<Sampled>& nodes = found.sampled;
  const judge::Judgement judgement =
      judge::select_readings(judge::judge_claim(claim, knowledge, found.evidence), options.reading);
  if (options.form.json) {
    // a pipeline must not take an incomplete or damaged run for a whole one
    auto document = nlohmann::ordered_json::parse(judge::render_json(judgement));
    document["run"] = {
        {"run_id", loaded.run_id}, {"coverage", to_json(loaded.coverage())}, {"damage", loaded.damage}};
    if (nodes) document["sample"] = sample::delivery_json(nodes->draw, nodes->delivery);
    if (accepted) document["acceptance"] = acceptance::report_json(accepted->criteria, accepted->report);
    fmt::print("{}\n", document.dump(1));
  } else {
    // the verdict first: its three lines are for whoever reads no further
    fmt::print("{}", options.form.text(judgement));
    if (!options.form.markdown)
      fmt::print("\n{}{}\n{}: {}\n", render_table(loaded.records, false), render_comparisons(loaded.records),
                 options.folder, loaded.coverage().sentence());
    std::string census;
    for (const std::string& finding : found.findings) census += fmt::format("CENSUS    {}\n", finding);
    print_part(options.form, "Census", census);
    if (nodes) print_part(options.form, "Sample", sample::render_delivery(nodes->draw, nodes->delivery));
    if (accepted)
      print_part(options.form, "Acceptance", acceptance::render_text(accepted->criteria, accepted->report));
  }
  for (const std::string& damage : loaded.damage) to_stderr("petaproof: damaged: {}\n", damage);
  const ExitCode code = exit_code_of(judgement);
  return accepted ? worse(code, static_cast<ExitCode>(accepted->report.exit_code())) : code;
}

}  // namespace

void add_judge_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("judge", help);
  command->add_option("RUN", options->folder, "A run folder, whole or cut off, or one that merge wrote")->required();
  command->add_option("--claim", options->claim,
                      "A claim file, or the name of one in configs/claims (default: the one that the suite named)");
  command->add_option("--sample", options->sample,
                      "A draw of petaproof sample: say which of its nodes the run has, and what that allows");
  options->notes.add_options(*command);
  command->add_option("--criteria", options->criteria,
                      "Acceptance criteria, a file or the name of one in configs/acceptance: say per GPU, node and "
                      "group whether the run meets them");
  command->add_option("--reading", options->reading,
                      "Show only readings whose name, MODEL/PRECISION/SPARSITY/KIND, contains this");
  options->form.add_options(*command);
  command->add_option("--power", options->power, power::accepted_files);
  command->footer(footer);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace petaproof
