#include "kernels/params.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

struct ByteUnit {
  std::string_view name;
  std::int64_t factor;
};

constexpr ByteUnit byte_units[] = {
    {"B", 1},      {"KB", 1000},         {"MB", 1000 * 1000},         {"GB", 1000 * 1000 * 1000},
    {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024},
};

}  // namespace

std::string to_string(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return std::get<std::string>(value);
}

std::int64_t parse_bytes(std::string_view text) {
  const auto fail = [&](std::string_view why) -> std::int64_t {
    throw Error(Domain::config, fmt::format("\"{}\" is not a size: {} (write 65536, \"64 KiB\", \"16 MiB\" or "
                                            "\"1 GB\")",
                                            text, why));
  };
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status == std::errc::result_out_of_range) return fail("too large");
  if (status != std::errc{}) return fail("it does not begin with a whole number");
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) unit = "B";
  const auto known = std::ranges::find(byte_units, unit, &ByteUnit::name);
  if (known == std::end(byte_units)) return fail(fmt::format("unknown unit \"{}\"", unit));
  if (number <= 0) return fail("it must be above 0");
  if (number > std::numeric_limits<std::int64_t>::max() / known->factor) return fail("too large");
  return number * known->factor;
}

ParamSpec ParamSpec::integer(std::string name, std::string help, std::int64_t fallback, std::int64_t min,
                             std::int64_t max) {
  return {std::move(name), std::move(help), Type::integer, fallback, min, max, {}, {}, {}};
}

ParamSpec ParamSpec::bytes(std::string name, std::string help, std::int64_t fallback, std::int64_t min,
                           std::int64_t max) {
  return {std::move(name), std::move(help), Type::bytes, fallback, min, max, {}, {}, {}};
}

ParamSpec ParamSpec::choice(std::string name, std::string help, std::vector<std::string> choices) {
  Value fallback = choices.front();
  return {std::move(name),
          std::move(help),
          Type::choice,
          std::move(fallback),
          0,
          0,
          std::move(choices),
          SIZE_MAX,
          {},
          {}};
}

ParamSpec ParamSpec::flag(std::string name, std::string help, bool fallback) {
  return {std::move(name), std::move(help), Type::flag, fallback, 0, 0, {}, {}, {}};
}

ParamSpec ParamSpec::only_with(std::string choice, std::vector<std::string> values) const {
  ParamSpec result = *this;
  result.when = std::move(choice);
  result.when_one_of = std::move(values);
  return result;
}

ParamSpec ParamSpec::otherwise(std::string choice, std::vector<std::string> values, Value value) const {
  ParamSpec result = *this;
  result.other = std::move(choice);
  result.other_one_of = std::move(values);
  result.other_fallback = std::move(value);
  return result;
}

ParamSpec ParamSpec::left_out() const {
  ParamSpec result = *this;
  result.left_out_by_default = true;
  return result;
}

ParamSpec ParamSpec::dividing(std::string multiple) const {
  ParamSpec result = *this;
  result.divides = std::move(multiple);
  return result;
}

namespace {

// Those beyond a sweep are numbered, and may be hundreds: the first and the last of them tell the rest.
std::string shown(const std::vector<std::string>& choices, std::size_t swept) {
  if (choices.size() <= swept || choices.size() - swept <= 3) return fmt::format("{}", fmt::join(choices, ", "));
  const auto first = choices.begin();
  return fmt::format("{}, ... {}", fmt::join(first, first + static_cast<std::ptrdiff_t>(swept) + 2, ", "),
                     choices.back());
}

}  // namespace

std::string ParamSpec::allowed() const {
  switch (type) {
    case Type::integer:
      if (!divides.empty()) return fmt::format("a whole number from {} to {} that divides {}", min, max, divides);
      return fmt::format("a whole number from {} to {}", min, max);
    case Type::bytes: return fmt::format("a size from {} to {} bytes, such as 65536 or \"64 KiB\"", min, max);
    case Type::choice: return fmt::format("one of {}", shown(choices, swept));
    case Type::flag: return "true or false";
  }
  return {};
}

Value ParamSpec::checked(const Value& value) const {
  const auto refuse = [&] {
    const bool quoted = std::holds_alternative<std::string>(value);
    throw Error(Domain::config,
                fmt::format("{} is expected, found {}", allowed(),
                            quoted ? "\"" + petaproof::to_string(value) + "\"" : petaproof::to_string(value)));
  };
  Value result = value;
  if (type == Type::bytes && std::holds_alternative<std::string>(value))
    result = parse_bytes(std::get<std::string>(value));
  if (result.index() != fallback.index()) refuse();
  if (const auto* number = std::get_if<std::int64_t>(&result))
    if (*number < min || *number > max) refuse();
  if (type == Type::choice && std::ranges::find(choices, std::get<std::string>(result)) == choices.end()) refuse();
  return result;
}

namespace {

using Values = std::map<std::string, Value>;

bool is_one_of(const Values& values, const std::string& choice, const std::vector<std::string>& wanted) {
  return std::ranges::find(wanted, to_string(values.at(choice))) != wanted.end();
}

const Value& fallback_of(const ParamSpec& spec, const Values& values) {
  const bool other = !spec.other.empty() && is_one_of(values, spec.other, spec.other_one_of);
  return other ? spec.other_fallback : spec.fallback;
}

// Defaults too: a multiple may have been given without its divisor.
void check_divisors(const std::vector<ParamSpec>& specs, const Values& values) {
  for (const ParamSpec& spec : specs) {
    if (spec.divides.empty()) continue;
    const auto divisor = std::get<std::int64_t>(values.at(spec.name));
    const auto multiple = std::get<std::int64_t>(values.at(spec.divides));
    if (multiple % divisor != 0)
      throw Error(Domain::config,
                  fmt::format("{}: {} does not divide {}, which is {}", spec.name, divisor, spec.divides, multiple));
  }
}

}  // namespace

Params Params::complete(const std::vector<ParamSpec>& specs, const std::map<std::string, Value>& given,
                        std::string_view workload) {
  for (const auto& [name, value] : given) {
    if (std::ranges::find(specs, name, &ParamSpec::name) != specs.end()) continue;
    std::vector<std::string> names;
    for (const ParamSpec& spec : specs) names.push_back(spec.name);
    throw Error(Domain::config,
                fmt::format("{} has no parameter \"{}\"; it takes {}", workload, name, fmt::join(names, ", ")));
  }
  std::map<std::string, Value> values;
  std::vector<std::string> left_out;
  for (const ParamSpec& spec : specs) {
    const auto found = given.find(spec.name);
    if (found == given.end()) {
      values[spec.name] = spec.fallback;
      continue;
    }
    try {
      values[spec.name] = spec.checked(found->second);
    } catch (const Error& error) {
      throw Error(Domain::config, fmt::format("{}: {}", spec.name, error.what()));
    }
  }
  for (const ParamSpec& spec : specs) {
    if (spec.when.empty() || is_one_of(values, spec.when, spec.when_one_of)) continue;
    if (given.contains(spec.name))
      throw Error(Domain::config,
                  fmt::format("{} is only for {} {}, and this is {}", spec.name, spec.when,
                              fmt::join(spec.when_one_of, ", "), petaproof::to_string(values.at(spec.when))));
    left_out.push_back(spec.name);
  }
  for (const ParamSpec& spec : specs) {
    const Value& fallback = fallback_of(spec, values);
    if (!given.contains(spec.name)) values[spec.name] = fallback;
    if (spec.left_out_by_default && values[spec.name] == fallback) left_out.push_back(spec.name);
  }
  check_divisors(specs, values);
  for (const std::string& name : left_out) values.erase(name);
  return Params(std::move(values));
}

const Value& Params::at(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end())
    throw Error(Domain::internal, fmt::format("a workload reads the parameter \"{}\" that it did not declare", name));
  return found->second;
}

std::int64_t Params::integer(std::string_view name) const {
  return std::get<std::int64_t>(at(name));
}
const std::string& Params::text(std::string_view name) const {
  return std::get<std::string>(at(name));
}
std::string Params::text_or(std::string_view name, std::string_view fallback) const {
  return values_.contains(std::string(name)) ? text(name) : std::string(fallback);
}
bool Params::flag(std::string_view name) const {
  return std::get<bool>(at(name));
}

std::string Params::to_string() const {
  std::vector<std::string> parts;
  for (const auto& [name, value] : values_) parts.push_back(name + "=" + petaproof::to_string(value));
  return fmt::format("{}", fmt::join(parts, " "));
}

}  // namespace petaproof
