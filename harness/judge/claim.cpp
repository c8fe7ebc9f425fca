#include "harness/judge/claim.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"

namespace petaproof::judge {
namespace {

constexpr const char* unspecified = "unspecified";

struct Unit {
  const char* name;
  double factor;
};
constexpr std::array compute_units{Unit{"TFLOP/s", 1}, Unit{"PFLOP/s", 1e3}, Unit{"EFLOP/s", 1e6}};
constexpr std::array power_units{Unit{"W", 1}, Unit{"kW", 1e3}, Unit{"MW", 1e6}, Unit{"GW", 1e9}};
constexpr std::array money_units{Unit{"million EUR", 1e6}, Unit{"billion EUR", 1e9}, Unit{"million USD", 1e6},
                                 Unit{"billion USD", 1e9}};
constexpr std::array time_units{Unit{"days", 1}, Unit{"weeks", 7}, Unit{"months", 30.4}, Unit{"years", 365.25}};

constexpr std::array existences{Existence::unspecified, Existence::operational, Existence::planned,
                                Existence::contracted};
constexpr std::array gpu_units{GpuUnit::package, GpuUnit::die,  GpuUnit::superchip,
                               GpuUnit::pair,    GpuUnit::node, GpuUnit::h100_equivalent};
constexpr std::array meter_points{MeterPoint::grid, MeterPoint::facility, MeterPoint::it, MeterPoint::gpu};
constexpr std::array power_meanings{PowerMeaning::capacity, PowerMeaning::contracted, PowerMeaning::average};

// One of the names, or nothing where the claim leaves it open; a claim that forgets to say so is refused,
// since silence and "not stated" are different things in a file that people copy from.
std::optional<std::string> stated(StrictObject& object, const std::string& key, std::vector<std::string> allowed) {
  allowed.emplace_back(unspecified);
  const std::string word = object.choice(key, allowed);
  return word == unspecified ? std::nullopt : std::optional(word);
}

template <typename T, std::size_t N>
std::optional<T> stated_as(StrictObject& object, const std::string& key, const std::array<T, N>& values) {
  const auto word = stated(object, key, names_of(std::span<const T>(values)));
  if (!word) return std::nullopt;
  return *std::ranges::find(values, *word, [](T value) { return std::string(to_string(value)); });
}

// `value_key` holds the number for programs, "printed" the form that the claim prints, from which rounding
// follows.
PrintedNumber printed_number(StrictObject& object, const std::string& value_key, double value, std::string shortest) {
  const bool exact = object.choice("rounding", {"printed", "exact"}, "printed") == "exact";
  const std::string printed = object.text("printed", std::move(shortest));
  const auto number = read_printed(printed, exact);
  if (!number)
    object.fail("printed", fmt::format("a number as printed is expected, such as \"240\", \"239.5\" or \"4,000\", "
                                       "found \"{}\"",
                                       printed));
  if (number->value != value)
    object.fail("printed", fmt::format("\"{}\" is not the value of \"{}\", which is {}", printed, value_key, value));
  return *number;
}

PrintedNumber printed_value(StrictObject& object) {
  const double value = object.number("value", 0);
  return printed_number(object, "value", value, fmt::format("{}", value));
}

template <std::size_t N>
Amount amount_of(StrictObject& object, const std::array<Unit, N>& units) {
  Amount amount;
  amount.number = printed_value(object);
  std::vector<std::string> names;
  for (const Unit& unit : units) names.emplace_back(unit.name);
  amount.unit = object.choice("unit", names);
  amount.factor = std::ranges::find(units, amount.unit, &Unit::name)->factor;
  return amount;
}

// A coupled program is one of those whose precision is known; what is trained has whatever name its source gives it.
void read_workload(StrictObject& object, ComputeClaim& compute) {
  const bool trains = compute.kind == Kind::training || compute.kind == Kind::goodput;
  compute.benchmark = trains ? object.text("benchmark", "") : object.choice("benchmark", {"HPL", "HPL-MxP", ""}, "");
  const bool is_coupled = compute.benchmark == "HPL" || compute.benchmark == "HPL-MxP";
  if (is_coupled && compute.kind != Kind::coupled)
    object.fail("benchmark",
                fmt::format("{} is a coupled benchmark: \"kind\" must be \"coupled\"", compute.benchmark));
  compute.sequence = object.integer("sequence", 1, longest_sequence, 0);
  if (compute.sequence > 0 && !trains)
    object.fail("sequence", "only training has sequences: \"kind\" must be \"training\" or \"goodput\"");
}

ComputeClaim read_compute(StrictObject object) {
  ComputeClaim compute;
  compute.amount = amount_of(object, compute_units);
  if (const auto word = stated(object, "kind", names_of(all_kinds()))) compute.kind = find_kind(*word);
  read_workload(object, compute);
  if (const auto word = stated(object, "precision", StatedPrecision::words()))
    compute.precision = StatedPrecision::find(*word);
  if (const auto word = stated(object, "sparsity", names_of(all_sparsities())))
    compute.sparsity = find_sparsity(*word);
  if (const auto word = stated(object, "emulation", names_of(all_emulations())))
    compute.emulation = find_emulation(*word);
  object.finish();
  return compute;
}

GpuClaim read_gpus(StrictObject object, const HardwareDatabase& hardware, Claim& claim) {
  constexpr std::int64_t most = 100'000'000;
  GpuClaim gpus;
  const auto count = object.integer("count", 1, most);
  gpus.count = printed_number(object, "count", static_cast<double>(count), std::to_string(count));
  gpus.unit = stated_as(object, "unit", gpu_units);
  claim.model = stated(object, "model", hardware.ids());
  object.finish();
  return gpus;
}

PowerClaim read_power(StrictObject object) {
  PowerClaim power;
  power.amount = amount_of(object, power_units);
  power.point = stated_as(object, "point", meter_points);
  power.meaning = stated_as(object, "meaning", power_meanings);
  power.of_all_sites = object.choice("of", {"site", "all sites", unspecified}, unspecified) == "all sites";
  object.finish();
  return power;
}

PueClaim read_pue(StrictObject object) {
  PueClaim pue;
  pue.value = printed_value(object);
  pue.is_upper_bound = object.choice("bound", {"under", "about"}) == "under";
  pue.period = stated(object, "period", {"annual", "design", "instant"}).value_or("");
  object.finish();
  return pue;
}

RackClaim read_rack(StrictObject object, const HardwareDatabase& hardware) {
  RackClaim rack;
  rack.of = object.text("of");
  StrictObject low = object.object("low");
  rack.low = amount_of(low, power_units);
  low.finish();
  StrictObject high = object.object("high");
  rack.high = amount_of(high, power_units);
  high.finish();
  rack.every = object.boolean("every", false);
  object.ignore("models");
  if (object.has("models")) rack.models = object.texts("models");
  for (const auto& model : rack.models)
    if (hardware.find(model) == nullptr)
      object.fail("models",
                  fmt::format("one of {} is expected, found \"{}\"", fmt::join(hardware.ids(), ", "), model));
  object.finish();
  return rack;
}

MoneyClaim read_money(StrictObject object) {
  MoneyClaim money;
  money.amount = amount_of(object, money_units);
  money.currency = money.amount.unit.substr(money.amount.unit.size() - 3);
  object.finish();
  return money;
}

RankClaim read_rank(StrictObject object) {
  RankClaim rank;
  rank.place = object.integer("place", 1, 1'000'000);
  rank.among = object.text("among");
  rank.by = object.text("by");
  if (rank.by == unspecified) rank.by.clear();
  object.finish();
  return rank;
}

BuildTimeClaim read_build_time(StrictObject object) {
  BuildTimeClaim time{amount_of(object, time_units)};
  object.finish();
  return time;
}

bool is_date(const std::string& text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((i == 4 || i == 7) ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  const auto number = [&](std::size_t at, std::size_t digits) { return std::stoi(text.substr(at, digits)); };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

std::string date_of(StrictObject& object, const std::string& key, const std::string& text) {
  if (!text.empty() && !is_date(text))
    object.fail(key, fmt::format("a date as 2025-01-31 is expected, found \"{}\"", text));
  return text;
}

Due read_due(StrictObject object) {
  Due due;
  due.printed = object.text("printed");
  due.earliest = date_of(object, "earliest", object.text("earliest"));
  due.latest = date_of(object, "latest", object.text("latest"));
  if (due.latest < due.earliest) object.fail("latest", "it is before \"earliest\"");
  object.finish();
  return due;
}

// The models to read the claim with: its own, or those that the file assumes in its place, never both.
void read_models(StrictObject& file, const HardwareDatabase& hardware, Claim& claim) {
  const std::string key = "assume_gpus";
  file.ignore(key);
  if (claim.model) {
    if (file.has(key)) file.fail(key, "the claim states its GPU model, so nothing may be assumed here");
    claim.models = {*claim.model};
    return;
  }
  if (!file.has(key) && !claim.compute) return;  // only a claim in FLOP/s cannot be read without a model
  claim.models = file.texts(key);
  if (claim.models.empty()) file.fail(key, "the GPU model is unspecified: at least one hardware id is expected");
  for (std::size_t i = 0; i < claim.models.size(); ++i) {
    const std::string where = fmt::format("{}[{}]", key, i);
    if (hardware.find(claim.models[i]) == nullptr)
      file.fail(where,
                fmt::format("one of {} is expected, found \"{}\"", fmt::join(hardware.ids(), ", "), claim.models[i]));
    if (std::ranges::count(claim.models, claim.models[i]) > 1)
      file.fail(where, fmt::format("\"{}\" is given twice", claim.models[i]));
  }
}

// Reads `key` with `read` where the file has it.
template <typename Read>
auto if_present(StrictObject& file, const std::string& key, Read read) {
  file.ignore(key);
  using Value = decltype(read(file.object(key)));
  return file.has(key) ? std::optional<Value>(read(file.object(key))) : std::nullopt;
}

void read_figures(StrictObject& file, const HardwareDatabase& hardware, Claim& claim) {
  claim.compute = if_present(file, "compute", read_compute);
  claim.gpus =
      if_present(file, "gpus", [&](StrictObject object) { return read_gpus(std::move(object), hardware, claim); });
  claim.power = if_present(file, "power", read_power);
  claim.pue = if_present(file, "pue", read_pue);
  claim.money = if_present(file, "money", read_money);
  claim.rank = if_present(file, "rank", read_rank);
  claim.build_time = if_present(file, "build_time", read_build_time);
  claim.due = if_present(file, "due", read_due);
  for (const char* optional : {"racks", "not_judged", "attached_results"}) file.ignore(optional);
  if (file.has("racks"))
    for (auto& rack : file.objects("racks")) claim.racks.push_back(read_rack(rack, hardware));
  if (file.has("not_judged"))
    for (auto& item : file.objects("not_judged")) {
      claim.not_judged.push_back({item.text("figure"), item.text("why")});
      item.finish();
    }
  if (file.has("attached_results")) claim.attached_results = file.texts("attached_results");
}

}  // namespace

std::string_view to_string(Existence existence) {
  switch (existence) {
    case Existence::unspecified: return unspecified;
    case Existence::operational: return "operational";
    case Existence::planned: return "planned";
    case Existence::contracted: return "contracted";
  }
  return "unknown";
}

std::string_view to_string(GpuUnit unit) {
  switch (unit) {
    case GpuUnit::package: return "package";
    case GpuUnit::die: return "die";
    case GpuUnit::superchip: return "superchip";
    case GpuUnit::pair: return "pair";
    case GpuUnit::node: return "node";
    case GpuUnit::h100_equivalent: return "h100_equivalent";
  }
  return "unknown";
}

std::string_view to_string(MeterPoint point) {
  switch (point) {
    case MeterPoint::grid: return "grid";
    case MeterPoint::facility: return "facility";
    case MeterPoint::it: return "it";
    case MeterPoint::gpu: return "gpu";
  }
  return "unknown";
}

std::string_view to_string(PowerMeaning meaning) {
  switch (meaning) {
    case PowerMeaning::capacity: return "capacity";
    case PowerMeaning::contracted: return "contracted";
    case PowerMeaning::average: return "average";
  }
  return "unknown";
}

std::optional<StatedPrecision> StatedPrecision::find(std::string_view word) {
  if (word == "fp64_vector") return StatedPrecision(Precision::fp64);
  const auto unit = find_precision(word);
  if (!unit || *unit == Precision::int8) return std::nullopt;
  StatedPrecision found(*unit);
  found.any_fp64_ = *unit == Precision::fp64;
  return found;
}

std::vector<std::string> StatedPrecision::words() {
  auto words = names_of(all_precisions());
  std::erase(words, std::string(to_string(Precision::int8)));
  words.insert(words.begin() + 1, "fp64_vector");
  return words;
}

std::string_view StatedPrecision::word() const {
  return unit_ == Precision::fp64 && !any_fp64_ ? "fp64_vector" : to_string(unit_);
}

bool StatedPrecision::may_mean(Precision precision, Emulation emulation, const Hardware& gpu) const {
  const bool on_tensor_cores =
      any_fp64_ && emulation == Emulation::native && gpu.peak(Precision::fp64_tensor, Sparsity::dense) != nullptr;
  return precision == (on_tensor_cores ? Precision::fp64_tensor : unit_);
}

bool Claim::power_in_another_unit() const {
  if (!power) return false;
  constexpr double hundredth_of_a_gpu = 7;  // W
  constexpr double less_than_a_node = 5e3;  // W
  if (gpus) return power->amount.upper() < hundredth_of_a_gpu * gpus->count.lower;
  return power->point != MeterPoint::gpu && power->amount.upper() < less_than_a_node;
}

Claim Claim::with_power_in_megawatts() const {
  Claim meant = *this;
  meant.power->amount.unit = "MW";
  meant.power->amount.factor = 1e6;
  return meant;
}

std::string Amount::text() const {
  return fmt::format("{} {}", number.grouped(), unit);
}

std::vector<std::string> Claim::not_stated() const {
  std::vector<std::string> words;
  if (!compute) return words;
  if (!model) words.emplace_back("GPU model");
  if (!compute->precision) words.emplace_back("precision");
  if (!compute->sparsity) words.emplace_back("sparsity");
  if (!compute->emulation) words.emplace_back("emulation");
  if (!compute->kind) words.emplace_back("kind");
  if (!gpus) words.emplace_back("GPU count");
  if (gpus && !gpus->unit) words.emplace_back("GPU unit");
  return words;
}

Claim load_claim(const std::filesystem::path& path, const HardwareDatabase& hardware) {
  const nlohmann::json json = read_json_file(path);
  StrictObject file(json, path.string());
  file.choice("schema", {"petaproof-claim/1"});

  Claim claim;
  claim.id = file.text("id");
  claim.quote = file.text("quote");
  claim.subject = file.text("subject", "");
  claim.system = file.text("system", "");
  claim.party = file.text("party", "");
  claim.source = file.text("source");
  claim.as_of = date_of(file, "as_of", file.text("as_of", ""));
  const std::string status = file.choice("status", names_of(std::span<const Existence>(existences)));
  claim.existence = *std::ranges::find(existences, status, [](Existence e) { return std::string(to_string(e)); });
  read_figures(file, hardware, claim);
  read_models(file, hardware, claim);
  file.finish();
  return claim;
}

}  // namespace petaproof::judge
