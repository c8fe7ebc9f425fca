// petaproof sample: which nodes to measure, so that nobody could choose them; what became of them; what answered.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/auditor.hpp"
#include "harness/app/exit_code.hpp"
#include "harness/app/subcommands.hpp"
#include "harness/json/configs.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/record/node_name.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/host_list.hpp"
#include "harness/sample/render.hpp"

namespace petaproof {
namespace {

using sample::HostFormat;

struct DrawOptions {
  std::string nodes;
  std::optional<std::string> seed;
  std::string expect_hash;
  std::optional<std::int64_t> size;
  std::string margin, variation, level;
  std::string out, hosts;
  std::string format = "mpirun";
  std::int64_t slots = judge::default_gpus_per_node;
  bool json = false;
};

struct CheckOptions {
  std::string draw;
  std::vector<std::string> folders;
  AuditorNotes notes;
  bool json = false;
};

struct CensusOptions {
  std::vector<std::string> folders;
  std::string draw;
  bool json = false;
};

const std::map<std::string, HostFormat> host_formats{
    {"mpirun", HostFormat::mpirun}, {"slurm", HostFormat::slurm}, {"plain", HostFormat::plain}};

constexpr const char* help =
    "Draws the nodes to measure, so that nobody could choose them; needs no GPU and no MPI.\n\n"
    "First, without --seed: prints the SHA-256 of the full list of nodes, which fixes it. Then the auditor, who\n"
    "has the hash, gives a seed: nodes are drawn at random from every pod, the same ones on every machine. A line\n"
    "of the list is NODE, NODE POD or NODE POD RACK; CSV, JSON and Slurm's n[001-128,130] are read too.\n"
    "harness/sample/README.md says the protocol so that anyone can redo it.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof sample --nodes nodes.txt                           the hash; nothing is drawn\n"
    "  petaproof sample --nodes nodes.txt --expect-hash 3f..e0 --seed 4419-dice-6 --level C --out sample.json\n"
    "  petaproof sample --nodes nodes.txt --seed 4419-dice-6 --margin 1% --cov 3% --hosts hosts --format slurm\n"
    "  petaproof sample check --draw sample.json RUN...             which drawn nodes were delivered\n"
    "  petaproof sample census RUN...                               distinct GPUs, doubles, slices, ECC, limits\n\n"
    "Exit codes: 0 hashed or drawn; 3 usage, or a list that is not valid or was changed; 4 a file cannot be\n"
    "written. check and census have their own: petaproof sample check --help.";

constexpr const char* check_help = "Says which drawn nodes runs have delivered, and which were measured instead";
constexpr const char* check_footer =
    "The draw is drawn again from the list, seed and size in its file: one that was changed is refused. A drawn\n"
    "node that no run has, counts as failed; measured nodes that were not drawn are set aside. With under 95 % of\n"
    "the draw delivered the nodes count as chosen by the provider: they may refute, and confirm nothing.\n\n"
    "Examples:\n"
    "  petaproof sample check --draw sample.json --expect-hash 3f..e0 --expect-seed 4419-dice-6 RUN\n"
    "  petaproof sample check --draw sample.json monday tuesday --json | jq .missing\n\n"
    "Exit codes: 0 every drawn node was delivered; 1 under 95 % were; 2 some were not; 3 not the auditor's hash\n"
    "or seed, a draw that was changed, or not run folders.";

constexpr const char* census_help = "Counts the distinct GPUs of runs, and names what makes one look like several";
constexpr const char* census_footer =
    "Counted is a GPU with a UUID and a serial number of its own, on one node, that is not cut into MIG slices. "
    "Named\n"
    "are UUIDs on several nodes, serial numbers and PCI slots under several UUIDs, slices, shared GPUs, devices "
    "without\n"
    "a UUID, ECC that is off, clocks below the model's, power limits unlike most, nodes with fewer GPUs than most,\n"
    "models that are mixed, and what could not be read.\n\n"
    "Examples:\n"
    "  petaproof sample census RUN\n"
    "  petaproof sample census RUN --draw sample.json               GPUs of each pod too\n"
    "  petaproof sample census monday tuesday --json | jq '.gpus[] | select(.counted | not)'\n\n"
    "Exit codes: 0 nothing found; 1 something passes for a GPU that is none of its own; 2 something else found, or\n"
    "nothing counted; 3 not run folders.";

// "1%" and "0.5 %" as a fraction. Without the sign 1 might be meant as 100 %.
double fraction_of(const std::string& text, const char* option) {
  std::string_view digits = text;
  const bool has_sign = digits.ends_with('%');
  if (has_sign) digits.remove_suffix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!has_sign || !whole || !(percent >= 0.001) || !(percent < 100))
    throw Error(Domain::usage,
                fmt::format("{}: \"{}\" is no percentage from 0.001% to under 100%", option, shown(text)));
  return percent / 100;
}

bool asks_for_size(const DrawOptions& options) {
  return options.size || !options.margin.empty() || !options.level.empty() || !options.variation.empty();
}

// As it was given, for the command that comes next.
std::string size_options(const DrawOptions& options) {
  std::string text;
  if (options.size) text += fmt::format(" --size {}", *options.size);
  if (!options.margin.empty()) text += fmt::format(" --margin '{}'", options.margin);
  if (!options.level.empty()) text += " --level " + options.level;
  if (!options.variation.empty()) text += fmt::format(" --cov '{}'", options.variation);
  return text.empty() ? " --level C" : text;
}

sample::SizeRequest size_asked(const DrawOptions& options) {
  sample::SizeRequest asked{.nodes = options.size, .margin = {}, .level = {}, .variation = {}};
  if (!options.margin.empty()) asked.margin = fraction_of(options.margin, "--margin");
  if (!options.variation.empty()) asked.variation = fraction_of(options.variation, "--cov");
  if (!options.level.empty()) asked.level = options.level.front();
  if (asked.nodes.has_value() + asked.margin.has_value() + asked.level.has_value() != 1)
    throw Error(Domain::usage, "say how many nodes to draw: one of --size, --margin and --level");
  return asked;
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

ExitCode show_list(const DrawOptions& options, const sample::NodeList& list) {
  if (!options.out.empty() || !options.hosts.empty())
    throw Error(Domain::usage, "without --seed nothing is drawn: there is nothing for --out or --hosts");
  std::optional<sample::Size> size;
  if (asks_for_size(options)) size = sample::size_of(size_asked(options), list);
  if (options.json) {
    nlohmann::json document = sample::list_json(list);
    document["size"] = size ? nlohmann::json(size->nodes) : nlohmann::json(nullptr);
    print(json_text(document));
    return ExitCode::ok;
  }
  print(sample::render_list(list, size));
  fmt::print("           petaproof sample --nodes {} --expect-hash {} --seed SEED{}\n", options.nodes, list.sha256(),
             size_options(options));
  return ExitCode::ok;
}

ExitCode draw(const DrawOptions& options) {
  if (options.nodes.empty()) throw Error(Domain::usage, "--nodes is needed: a file with every node of the cluster");
  sample::NodeList list = sample::read_node_list(options.nodes);
  if (!options.expect_hash.empty()) require_hash(options.expect_hash, list.sha256(), options.nodes);
  if (!options.seed) return show_list(options, list);
  const sample::Draw drawn =
      sample::draw_nodes(std::move(list), *options.seed, size_asked(options), !options.expect_hash.empty());
  if (!options.out.empty()) write_file(options.out, json_text(sample::to_json(drawn)));
  const HostFormat format = host_formats.at(options.format);
  if (!options.hosts.empty()) write_file(options.hosts, host_list(drawn.names(), format, options.slots));
  if (options.json) {
    print(json_text(sample::to_json(drawn)));
    return ExitCode::ok;
  }
  print(sample::render_draw(drawn));
  if (!options.hosts.empty())
    fmt::print("RUN        {}\n", launch_command(options.hosts, drawn.drawn.size(), format, options.slots));
  return ExitCode::ok;
}

std::vector<sample::MeasuredRun> read_all(const std::vector<std::string>& folders) {
  std::vector<sample::MeasuredRun> runs;
  for (const std::string& folder : folders)
    for (sample::MeasuredRun& run : sample::read_measured(folder)) {
      for (const sample::MeasuredRun& known : runs)
        if (known.run_id == run.run_id)
          throw Error(Domain::config, fmt::format("{}: this run is given twice (run_id {})", folder, run.run_id));
      runs.push_back(std::move(run));
    }
  return runs;
}

ExitCode check(const CheckOptions& options) {
  const sample::Draw drawn = sample::read_draw(options.draw);
  options.notes.check(drawn, options.draw);
  const sample::Delivery delivery = check_delivery(drawn, read_all(options.folders));
  if (options.json)
    print(json_text(delivery_json(drawn, delivery)));
  else
    print(render_delivery(drawn, delivery));
  if (delivery.capped()) return ExitCode::failed;
  return delivery.complete() ? ExitCode::ok : ExitCode::undecided;
}

ExitCode census(const CensusOptions& options) {
  const auto hardware = judge::HardwareDatabase::load(config_folder("hardware"));
  std::optional<sample::Draw> draw;
  if (!options.draw.empty()) draw = sample::read_draw(options.draw);
  const sample::Census taken = sample::take_census(read_all(options.folders), hardware);
  const auto pods = draw ? gpus_by_pod(taken, draw->list) : std::vector<sample::PodGpus>{};
  if (options.json)
    print(json_text(census_json(taken, pods)));
  else
    print(render_census(taken, pods));
  for (const sample::CensusGpu& gpu : taken.gpus)
    if (!gpu.not_counted.empty()) return ExitCode::failed;
  return taken.findings.empty() && taken.counted() > 0 ? ExitCode::ok : ExitCode::undecided;
}

void add_draw_options(CLI::App& command, DrawOptions& options) {
  command.add_option("--nodes", options.nodes, "The list of all nodes, from the provider");
  command.add_option("--seed", options.seed, "The auditor's, given after the hash: any text or number");
  command.add_option("--expect-hash", options.expect_hash,
                     "Refuse a list with another SHA-256. Without it the draw cannot reach evidence level C or B");
  command.add_option("--size", options.size, "Draw this many nodes");
  command.add_option("--margin", options.margin,
                     "Draw as many as tell the mean of all nodes to this margin, 95 % one-sided: 1%");
  command.add_option("--level", options.level, "Draw as many as this evidence level takes")
      ->check(CLI::IsMember({"B", "C"}));
  command.add_option(
      "--cov", options.variation,
      "How much nodes vary, stdev over mean (default: 5%; about 3% with air, 1.5% with liquid cooling)");
  command.add_option("--out", options.out, "Write the draw to this file, for sample check");
  command.add_option("--hosts", options.hosts, "Write the drawn nodes to this file, for the launcher");
  command.add_option("--format", options.format, "Of --hosts")
      ->check(CLI::IsMember({"mpirun", "slurm", "plain"}))
      ->capture_default_str();
  command.add_option("--slots", options.slots, "Ranks on each node, for --hosts")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("--json", options.json, "Print one JSON document in place of the text");
}

void add_check(CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = parent.add_subcommand("check", check_help);
  command->add_option("RUN", options->folders, "Run folders")->required();
  command->add_option("--draw", options->draw, "The file that sample --out wrote")->required();
  options->notes.add_options(*command);
  command->add_flag("--json", options->json, "Print one JSON document in place of the text");
  command->footer(check_footer);
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

void add_census(CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<CensusOptions>();
  CLI::App* command = parent.add_subcommand("census", census_help);
  command->add_option("RUN", options->folders, "Run folders")->required();
  command->add_option("--draw", options->draw, "A file that sample --out wrote: count by its list's pods too");
  command->add_flag("--json", options->json, "Print one JSON document in place of the text");
  command->footer(census_footer);
  command->callback([options, &exit_code] { exit_code = census(*options); });
}

}  // namespace

void add_sample_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DrawOptions>();
  CLI::App* command = app.add_subcommand("sample", help);
  command->require_subcommand(0, 1);
  add_draw_options(*command, *options);
  add_check(*command, exit_code);
  add_census(*command, exit_code);
  command->footer(footer);
  command->callback([options, command, &exit_code] {
    if (command->get_subcommands().empty()) exit_code = draw(*options);
  });
}

}  // namespace petaproof
