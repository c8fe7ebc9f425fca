#include "harness/suite/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/record/sha256.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

constexpr std::size_t max_cases = 100'000;
constexpr double max_seconds = 7 * 24 * 3600.0;

json to_json(const Value& value) {
  return std::visit([](const auto& v) { return json(v); }, value);
}

// What a block may say once for all its cases, and a suite for all its blocks.
struct Defaults {
  std::vector<Mode> modes{Mode::batched};
  std::vector<Fill> fills{Fill::normal};
  std::uint64_t seed = 1;
  double seconds = 0.5;
  double warm_up_seconds = 0.5;
};

const std::vector<std::string> mode_names{"burst", "batched", "sustained"};
const std::vector<std::string> fill_names{"normal", "uniform", "integers", "zeros"};

// A name, or a list of names.
template <typename T>
std::vector<T> read_names(StrictObject& object, const std::string& key, const std::vector<std::string>& allowed,
                          std::optional<T> (*parse)(std::string_view), std::vector<T> fallback) {
  object.ignore(key);
  if (!object.has(key)) return fallback;
  std::vector<std::string> names;
  if (object.raw(key).is_array())
    names = object.texts(key);
  else
    names = {object.choice(key, allowed)};
  if (names.empty()) object.fail(key, "an empty list asks for nothing");
  std::vector<T> result;
  for (const std::string& name : names) {
    const auto value = parse(name);
    if (!value) object.fail(key, fmt::format("one of {} is expected, found \"{}\"", fmt::join(allowed, ", "), name));
    result.push_back(*value);
  }
  return result;
}

Defaults read_defaults(StrictObject& object, Defaults result) {
  result.modes = read_names<Mode>(object, "mode", mode_names, mode_from, result.modes);
  result.fills = read_names<Fill>(object, "fill", fill_names, fill_from, result.fills);
  result.seed =
      static_cast<std::uint64_t>(object.integer("seed", 1, INT64_MAX, static_cast<std::int64_t>(result.seed)));
  result.seconds = object.optional_number("seconds", 0, max_seconds).value_or(result.seconds);
  result.warm_up_seconds = object.optional_number("warm_up_seconds", 0, max_seconds).value_or(result.warm_up_seconds);
  return result;
}

using ParamLists = std::vector<std::pair<std::string, std::vector<Value>>>;

Value read_value(const json& value, const StrictObject& object, const std::string& key) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX))
    return value.get<std::int64_t>();
  object.fail(key, fmt::format("a whole number, a text, true or false is expected, found {}", abbreviate(value)));
}

// Every combination of the lists, the last parameter varying fastest.
std::vector<std::map<std::string, Value>> combinations(const ParamLists& lists, const StrictObject& object) {
  std::vector<std::map<std::string, Value>> result{{}};
  for (const auto& [name, values] : lists) {
    if (result.size() * values.size() > max_cases) object.fail("", fmt::format("more than {} cases", max_cases));
    std::vector<std::map<std::string, Value>> grown;
    for (const auto& before : result)
      for (const Value& value : values) {
        grown.push_back(before);
        grown.back()[name] = value;
      }
    result = std::move(grown);
  }
  return result;
}

std::vector<Params> read_params(StrictObject object, const Workload* workload, const std::string& name) {
  ParamLists lists;
  for (const std::string& key : object.keys()) {
    const json& value = object.raw(key);
    std::vector<Value> values;
    if (value.is_array())
      for (const json& item : value) values.push_back(read_value(item, object, key));
    else
      values.push_back(read_value(value, object, key));
    if (values.empty()) object.fail(key, "an empty list asks for nothing");
    lists.emplace_back(key, std::move(values));
  }
  std::vector<Params> result;
  for (const auto& given : combinations(lists, object)) {
    try {
      result.push_back(workload ? Params::complete(workload->info().params, given, name) : Params(given));
    } catch (const Error& error) {
      object.fail("", error.what());
    }
  }
  return result;
}

std::vector<Params> read_param_blocks(StrictObject& block, const Workload* workload, const std::string& name) {
  block.ignore("params");
  if (!block.has("params")) {
    const json none = json::object();
    return read_params(StrictObject(none, block.file(), block.path_of("params")), workload, name);
  }
  if (block.raw("params").is_object()) return read_params(block.object("params"), workload, name);
  std::vector<Params> result;
  for (StrictObject& object : block.objects("params"))
    for (Params& params : read_params(object, workload, name)) {
      if (result.size() == max_cases) block.fail("params", fmt::format("more than {} cases", max_cases));
      result.push_back(std::move(params));
    }
  if (result.empty()) block.fail("params", "an empty list asks for nothing");
  return result;
}

// Empty if the block is part of this run; otherwise why not.
std::string unmet_condition(StrictObject& block, const RunSetting& setting) {
  block.ignore("when");
  if (!block.has("when")) return {};
  StrictObject when = block.object("when");
  const std::string backend = when.choice("backend", {"host", "cuda"}, setting.backend);
  const std::int64_t min_ranks = when.integer("min_ranks", 1, INT32_MAX, 1);
  when.finish();
  if (backend != setting.backend) return fmt::format("for backend {}, this run has {}", backend, setting.backend);
  if (min_ranks > setting.ranks)
    return fmt::format("for {} ranks or more, this run has {}", min_ranks, setting.ranks);
  return {};
}

void refuse_unknown(StrictObject& block, const std::string& name) {
  std::vector<std::string> known = Registry::instance().workload_names();
  for (const CatalogueEntry& entry : built_in_catalogue()) known.emplace_back(entry.name);
  std::ranges::sort(known);
  known.erase(std::ranges::unique(known).begin(), known.end());
  block.fail("workload", fmt::format("unknown workload \"{}\"; there are {}", name, fmt::join(known, ", ")));
}

std::vector<Case> read_block(StrictObject& block, const Defaults& suite_defaults) {
  const std::string name = block.text("workload");
  const auto workload = Registry::instance().make(name);
  const std::string absent = Registry::instance().why_absent(name);
  if (!workload && absent.empty()) refuse_unknown(block, name);
  const Defaults defaults = read_defaults(block, suite_defaults);

  std::vector<Case> cases;
  for (const Params& params : read_param_blocks(block, workload.get(), name))
    for (Mode mode : defaults.modes)
      for (Fill fill : defaults.fills) {
        if (cases.size() == max_cases) block.fail("", fmt::format("more than {} cases", max_cases));
        Case one{.id = {},
                 .workload = name,
                 .params = params,
                 .measure = {mode, defaults.seconds, defaults.warm_up_seconds},
                 .fill = fill,
                 .seed = defaults.seed,
                 .absent = absent};
        one.id = short_sha256(json_line(one.to_json()));
        cases.push_back(std::move(one));
      }
  return cases;
}

// What several blocks leave out of one workload for one reason is told once.
void leave_out(const LeftOut& out, Plan& plan) {
  for (LeftOut& known : plan.left_out)
    if (known.workload == out.workload && known.why == out.why) {
      known.cases += out.cases;
      return;
    }
  plan.left_out.push_back(out);
}

}  // namespace

std::string case_subject(const json& one) {
  std::string words, numbers;
  for (const auto& [name, value] : one.at("params").items()) {
    if (value.is_string())  // a word says what it is; a number needs its name
      words += " " + value.get<std::string>();
    else
      numbers += fmt::format(" {}={}", name, value.dump());
  }
  return one.at("workload").get<std::string>() + words + numbers;
}

std::string case_title(const json& one) {
  const std::string fill = one.at("fill");
  return fmt::format("{} {}{}", case_subject(one), one.at("mode").get<std::string>(),
                     fill == "normal" ? "" : " fill=" + fill);
}

std::string Case::title() const {
  return case_title(to_json());
}

json Case::to_json() const {
  json values = json::object();
  for (const auto& [name, value] : params.values()) values[name] = petaproof::to_json(value);
  return {{"workload", workload},
          {"params", values},
          {"mode", to_string(measure.mode)},
          {"seconds", measure.seconds},
          {"warm_up_seconds", measure.warm_up_seconds},
          {"fill", to_string(fill)},
          {"seed", seed}};
}

json Plan::to_json() const {
  json result{{"suite", suite}, {"claim", claim.empty() ? json(nullptr) : json(claim)}, {"cases", json::array()}};
  for (const Case& one : cases) {
    json item = one.to_json();
    item["case_id"] = one.id;
    result["cases"].push_back(std::move(item));
  }
  return result;
}

Plan expand_suite(const std::string& text, const std::string& file, const RunSetting& setting) {
  const json document = parse_json(text, file);
  StrictObject root(document, file);
  root.choice("schema", {suite_schema});
  Plan plan;
  plan.suite = root.text("name");
  root.text("description", "");
  plan.claim = root.text("claim", "");
  Defaults defaults;
  root.ignore("defaults");
  if (root.has("defaults")) {
    StrictObject object = root.object("defaults");
    defaults = read_defaults(object, defaults);
    object.finish();
  }
  std::map<std::string, std::string> first_seen;
  for (StrictObject& block : root.objects("cases")) {
    std::vector<Case> cases = read_block(block, defaults);
    const std::string unmet = unmet_condition(block, setting);
    block.finish();
    if (!unmet.empty()) {
      leave_out({cases.front().workload, unmet, static_cast<int>(cases.size())}, plan);
      continue;
    }
    for (Case& one : cases) {
      const auto [seen, added] = first_seen.emplace(one.id, block.path());
      if (!added) block.fail("", fmt::format("\"{}\" is asked for twice, first in {}", one.title(), seen->second));
      plan.cases.push_back(std::move(one));
    }
    if (plan.cases.size() > max_cases) block.fail("", fmt::format("more than {} cases", max_cases));
  }
  root.finish();
  if (plan.cases.empty()) {
    std::string why = "the suite has no cases";
    std::set<std::string> reasons;  // each once
    for (const LeftOut& out : plan.left_out) reasons.insert(fmt::format("{}: {}", out.workload, out.why));
    for (const std::string& reason : reasons) why += "; " + reason;
    root.fail("cases", why + ": nothing would be measured");
  }
  plan.hash = sha256(json_line(plan.to_json()));
  return plan;
}

}  // namespace petaproof
