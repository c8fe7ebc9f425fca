#include "harness/acceptance/criteria.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "harness/acceptance/physics.hpp"
#include "harness/json/sources.hpp"
#include "harness/judge/text.hpp"
#include "harness/telemetry/nvml.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::acceptance {
namespace {

using nlohmann::json;

constexpr std::string_view kinds[] = {"rate",     "memory_bandwidth", "bus_bandwidth", "spread",     "verified",
                                      "throttle", "temperature",      "counter",       "power_limit"};
constexpr std::string_view scopes[] = {"gpu", "node", "group"};
constexpr std::string_view statistics[] = {
    "mean",    "slowest", "range_over_median", "slowest_below_median", "slowest_below_best", "increase", "total",
    "highest", "lowest"};
constexpr std::string_view statuses[] = {"read", "recalled", "proposed"};
constexpr std::string_view in_network_words[] = {"none", "nvlink", "everywhere"};

// What a kind allows: where it can be asked, how, in which unit, and from which side it is bounded.
struct Form {
  std::vector<Scope> scopes;
  std::vector<Statistic> statistics;  // the first is the default at the first scope
  std::vector<std::string> units;
  bool is_minimum;
};

const Form& form_of(Kind kind) {
  using enum Scope;
  using enum Statistic;
  static const std::map<Kind, Form> forms{
      {Kind::rate, {{gpu, node, group}, {mean, slowest}, {"TFLOP/s", "TOP/s", "percent of peak"}, true}},
      {Kind::memory_bandwidth, {{gpu, node, group}, {mean, slowest}, {"GB/s", "percent of peak"}, true}},
      {Kind::bus_bandwidth, {{group}, {mean}, {"GB/s"}, true}},
      {Kind::spread,
       {{node, group}, {slowest_below_median, slowest_below_best, range_over_median}, {"percent"}, false}},
      {Kind::verified, {{gpu}, {total}, {"cases"}, false}},
      {Kind::throttle, {{gpu}, {mean}, {"percent"}, false}},
      {Kind::temperature, {{gpu}, {highest}, {"celsius"}, false}},
      {Kind::counter, {{gpu}, {increase, total}, {"errors", "rows"}, false}},
      {Kind::power_limit, {{gpu}, {lowest}, {"W"}, true}}};
  return forms.at(kind);
}

// The word of a list under `key`, as the enumerator at its place.
template <typename Enum>
Enum word_of(StrictObject& object, const std::string& key, std::span<const std::string_view> words,
             const std::vector<Enum>& allowed, std::optional<Enum> fallback = {}) {
  std::vector<std::string> names;
  for (const Enum one : allowed) names.emplace_back(words[static_cast<std::size_t>(one)]);
  const std::string word = fallback
                               ? object.choice(key, names, std::string(words[static_cast<std::size_t>(*fallback)]))
                               : object.choice(key, names);
  return static_cast<Enum>(std::ranges::find(words, word) - words.begin());
}

template <typename Enum, std::size_t count>
std::vector<Enum> all_of(const std::string_view (&)[count]) {
  std::vector<Enum> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<Enum>(i));
  return result;
}

double non_negative(StrictObject& object, const std::string& key) {
  const double value = object.number(key, std::numeric_limits<double>::lowest());
  if (!(value >= 0)) object.fail(key, "a number of 0 or more is expected");
  return value;
}

// A size may be written with a unit; other words stay words.
Value value_of(const json& value, const StrictObject& object, const std::string& key) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string())
    object.fail(key, fmt::format("a word or a whole number is expected, found {}", value.dump()));
  const auto text = value.get<std::string>();
  if (text.empty() || text.front() < '0' || text.front() > '9') return text;
  try {
    return parse_bytes(text);
  } catch (const Error& error) {
    object.fail(key, error.what());
  }
}

std::optional<std::int64_t> end_of(StrictObject& range, const std::string& key) {
  range.ignore(key);
  if (!range.has(key)) return std::nullopt;
  const Value value = value_of(range.raw(key), range, key);
  const auto* number = std::get_if<std::int64_t>(&value);
  if (!number) range.fail(key, "a whole number or a size is expected");
  return *number;
}

Range range_of(StrictObject object) {
  const Range range{end_of(object, "at_least"), end_of(object, "at_most")};
  object.finish();
  if (!range.at_least && !range.at_most) object.fail("", "at_least, at_most or both are expected");
  if (range.at_least && range.at_most && *range.at_least > *range.at_most)
    object.fail("at_most", fmt::format("is below at_least, {}", *range.at_least));
  return range;
}

Range optional_range(StrictObject& object, const std::string& key) {
  object.ignore(key);
  return object.has(key) ? range_of(object.object(key)) : Range{};
}

ParamRule rule_of(StrictObject& params, const std::string& key) {
  const json& value = params.raw(key);
  if (value.is_object()) return {{}, range_of(params.object(key))};
  ParamRule rule;
  if (!value.is_array())
    rule.one_of.push_back(value_of(value, params, key));
  else
    for (const json& one : value) rule.one_of.push_back(value_of(one, params, key));
  if (rule.one_of.empty()) params.fail(key, "an empty list matches no case");
  return rule;
}

Cases cases_of(StrictObject object) {
  Cases cases;
  cases.workload = object.text("workload", "");
  for (const char* key : {"params", "mode", "at_least_seconds"}) object.ignore(key);
  if (object.has("params")) {
    StrictObject params = object.object("params");
    for (const std::string& key : params.keys()) cases.params[key] = rule_of(params, key);
  }
  if (object.has("mode")) cases.modes = object.texts("mode");
  for (const std::string& mode : cases.modes)
    if (mode != "burst" && mode != "batched" && mode != "sustained")
      object.fail("mode", fmt::format("burst, batched and sustained are expected, found {}", mode));
  cases.at_least_seconds = object.optional_number("at_least_seconds", 0, 604800).value_or(0);
  object.finish();
  return cases;
}

class Loader {
 public:
  Loader(const std::filesystem::path& path, const judge::HardwareDatabase& hardware)
      : path_(path), json_(read_json_file(path)), file_(json_, path.string()), hardware_(hardware) {}

  Criteria load() {
    file_.choice("schema", {criteria_schema});
    criteria_.id = file_.text("id");
    if (criteria_.id != path_.stem().string())
      file_.fail("id", fmt::format("\"{}\" is not the file's name without .json, \"{}\": results name criteria by it",
                                   criteria_.id, path_.stem().string()));
    criteria_.file = path_.string();
    const std::string gpu = file_.choice("gpu", hardware_.ids());
    criteria_.gpu = *hardware_.find(gpu);
    criteria_.description = file_.text("description");
    sources_.emplace(file_.object("sources"));
    for (const char* key : {"fabric", "notes"}) file_.ignore(key);
    if (file_.has("notes")) criteria_.notes = file_.texts("notes");
    if (file_.has("fabric")) criteria_.fabric = fabric_of(file_.object("fabric"));
    for (StrictObject& one : file_.objects("criteria")) criteria_.all.push_back(criterion_of(one));
    if (criteria_.all.empty()) file_.fail("criteria", "there is none, so that everything would be accepted");
    file_.finish();
    sources_->finish();
    return std::move(criteria_);
  }

 private:
  Fabric fabric_of(StrictObject object) {
    Fabric fabric{.nic_gbs_per_gpu = object.number("nic_gbs_per_gpu", 0, 10000),
                  .gpus_per_node = static_cast<int>(object.integer("gpus_per_node", 1, 1024)),
                  .source = sources_->cite(object)};
    object.choice("status", {"read", "recalled", "proposed"});
    object.finish();
    return fabric;
  }

  Criterion criterion_of(StrictObject& object) {
    Criterion criterion;
    criterion.id = object.text("id");
    if (criterion.id.empty() || criterion.id.size() > 60) object.fail("id", "1 to 60 characters are expected");
    if (!ids_.insert(criterion.id).second) object.fail("id", fmt::format("\"{}\" is given twice", criterion.id));
    criterion.kind = word_of(object, "kind", kinds, all_of<Kind>(kinds));
    const Form& form = form_of(criterion.kind);
    criterion.scope = word_of(object, "scope", scopes, form.scopes);
    std::vector<Statistic> allowed = form.statistics;
    if (criterion.scope == Scope::gpu && form.is_minimum) allowed.resize(1);  // one GPU is its own slowest
    criterion.statistic = word_of(object, "statistic", statistics, allowed, {allowed.front()});
    read_cases(object, criterion);
    read_what(object, criterion);
    read_bounds(object, criterion);
    object.finish();
    return criterion;
  }

  void read_cases(StrictObject& object, Criterion& criterion) {
    if (criterion.kind == Kind::counter || criterion.kind == Kind::power_limit) return;  // of the GPU, over all cases
    object.ignore("cases");
    if (object.has("cases")) criterion.cases = cases_of(object.object("cases"));
    const bool of_a_workload = criterion.kind <= Kind::spread;
    if (of_a_workload && criterion.cases.workload.empty())
      object.fail("cases", "the key \"workload\" is missing: what is this a rate of?");
    if (criterion.kind == Kind::bus_bandwidth && !criterion.cases.params.contains("size"))
      object.fail("cases", "the key \"params.size\" is missing: bus bandwidth is of a message size");
  }

  void read_what(StrictObject& object, Criterion& criterion) {
    if (criterion.kind == Kind::counter) criterion.counter = object.choice("counter", counter_names());
    if (criterion.kind == Kind::temperature)
      criterion.sensor =
          object.choice("sensor", {"gpu", "memory"}) == "gpu" ? "temperature_celsius" : "memory_temperature_celsius";
    if (criterion.kind != Kind::throttle) return;
    criterion.events = object.texts("events");
    if (criterion.events.empty()) object.fail("events", "an empty list is no reason to throttle");
    for (const std::string& event : criterion.events)
      if (std::ranges::none_of(nvml::clock_event_reasons, [&](auto& reason) { return event == reason.name; }))
        object.fail("events",
                    fmt::format("\"{}\" is none of NVML's clock event reasons, such as hw_slowdown", event));
  }

  void read_bounds(StrictObject& object, Criterion& criterion) {
    object.ignore("settings");
    if (!object.has("settings")) {
      criterion.bounds.push_back(bound_of(object, criterion));
      return;
    }
    for (StrictObject& setting : object.objects("settings")) {
      criterion.bounds.push_back(bound_of(setting, criterion));
      setting.finish();
    }
    if (criterion.bounds.empty()) object.fail("settings", "an empty list bounds nothing");
  }

  Bound bound_of(StrictObject& object, Criterion& criterion) {
    const Form& form = form_of(criterion.kind);
    const std::string key = form.is_minimum ? "at_least" : "at_most";
    Bound bound;
    bound.is_minimum = form.is_minimum;
    bound.value = non_negative(object, key);
    bound.unit = object.choice("unit", form.units);
    if (criterion.kind == Kind::counter && bound.value != std::floor(bound.value))
      object.fail(key, "a whole number is expected: errors are counted");
    bound.nodes = optional_range(object, "nodes");
    bound.ranks = optional_range(object, "ranks");
    if (criterion.kind == Kind::bus_bandwidth)
      bound.in_network = word_of(object, "in_network_reduction", in_network_words,
                                 all_of<InNetwork>(in_network_words), {InNetwork::none});
    bound.source = sources_->cite(object);
    bound.status = word_of(object, "status", statuses, all_of<Status>(statuses));
    bound.reasoning = object.text("reasoning", "");
    if (bound.status == Status::proposed && bound.reasoning.empty())
      object.fail("status", "a proposed bound needs its \"reasoning\"");
    refuse_the_impossible(object, key, criterion, bound);
    return bound;
  }

  void refuse_the_impossible(StrictObject& object, const std::string& key, Criterion& criterion, Bound& bound) {
    Limit limit;
    try {
      limit = limit_of(criterion, bound, criteria_.gpu, criteria_.fabric);
    } catch (const Error& error) {
      object.fail(key, error.what());
    }
    const std::string value = fmt::format("{} {}", judge::shown_exactly(bound.value), bound.unit);
    // written so that NaN is refused
    if (!(bound.value <= limit.highest))
      object.fail(key, fmt::format("{} is above what is possible: {}", value, limit.highest_is));
    if (!(bound.value >= limit.lowest))
      object.fail(key, fmt::format("{} is implausibly little: below {}", value, limit.lowest_is));
    bound.possible = limit.highest;
    bound.possible_is = limit.highest_is;
    bound.ceiling = limit.ceiling;
  }

  std::filesystem::path path_;
  json json_;
  StrictObject file_;
  const judge::HardwareDatabase& hardware_;
  std::optional<Sources> sources_;
  std::set<std::string> ids_;
  Criteria criteria_;
};

// Sizes, in whole GiB or MiB, as one would write them.
std::string number_text(std::int64_t value) {
  for (const auto& [bytes, unit] : {std::pair{std::int64_t{1} << 30, "GiB"}, std::pair{std::int64_t{1} << 20, "MiB"}})
    if (value >= bytes && value % bytes == 0) return fmt::format("{} {}", value / bytes, unit);
  return fmt::format("{}", value);
}

// A word says what it is; a number needs its name.
std::string rule_text(const std::string& name, const ParamRule& rule) {
  std::string text;
  if (rule.range.at_least) text += fmt::format(" {}>={}", name, number_text(*rule.range.at_least));
  if (rule.range.at_most) text += fmt::format(" {}<={}", name, number_text(*rule.range.at_most));
  for (const Value& value : rule.one_of) {
    const auto* number = std::get_if<std::int64_t>(&value);
    text += text.empty() ? (number ? fmt::format(" {}=", name) : " ") : "|";
    text += number ? number_text(*number) : petaproof::to_string(value);
  }
  return text;
}

}  // namespace

std::string_view to_string(Kind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view to_string(Scope scope) {
  return scopes[static_cast<std::size_t>(scope)];
}
std::string_view to_string(Statistic statistic) {
  return statistics[static_cast<std::size_t>(statistic)];
}
std::string_view to_string(Status status) {
  return statuses[static_cast<std::size_t>(status)];
}

std::string Criterion::cases_text() const {
  std::string text = cases.workload.empty() ? "any workload" : cases.workload;
  for (const auto& [name, rule] : cases.params) text += rule_text(name, rule);
  if (!cases.modes.empty()) text += fmt::format(" {}", fmt::join(cases.modes, " or "));
  if (cases.at_least_seconds > 0) text += fmt::format(", {} s or more", cases.at_least_seconds);
  return text;
}

Criteria load_criteria(const std::filesystem::path& file, const judge::HardwareDatabase& hardware) {
  return Loader(file, hardware).load();
}

}  // namespace petaproof::acceptance
