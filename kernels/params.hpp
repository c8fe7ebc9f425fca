// Parameters of a workload: what it takes (ParamSpec), and one complete set of values (Params).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace petaproof {

using Value = std::variant<std::int64_t, std::string, bool>;

std::string to_string(const Value& value);

struct ParamSpec {
  enum class Type { integer, bytes, choice, flag };

  std::string name;
  std::string help;
  Type type;
  Value fallback;
  std::int64_t min = 0;              // integer, bytes
  std::int64_t max = 0;              // integer, bytes
  std::vector<std::string> choices;  // choice
  std::size_t swept = SIZE_MAX;  // choice: a sweep tries so many of them; the others are for repeating what one found
  /// Where not empty: the parameter exists only with one of `when_one_of` for the choice of this name.
  std::string when = {};
  std::vector<std::string> when_one_of = {};
  /// Where not empty: with one of `other_one_of` for the choice of this name, `other_fallback` is the default.
  std::string other = {};
  std::vector<std::string> other_one_of = {};
  Value other_fallback = {};
  /// Not part of a case that has its default: such a case is the same as before there was this parameter.
  bool left_out_by_default = false;
  /// integer; where not empty: it must divide the integer of this name.
  std::string divides = {};

  static ParamSpec integer(std::string name, std::string help, std::int64_t fallback, std::int64_t min,
                           std::int64_t max);
  /// A size in bytes; also given as text with a unit: "64 KiB", "16 MiB", "1 GB".
  static ParamSpec bytes(std::string name, std::string help, std::int64_t fallback, std::int64_t min,
                         std::int64_t max);
  static ParamSpec choice(std::string name, std::string help, std::vector<std::string> choices);
  static ParamSpec flag(std::string name, std::string help, bool fallback);

  /// The same parameter, but only for cases in which the choice `choice` is one of `values`: it is no part of others,
  /// and giving it there is an error.
  ParamSpec only_with(std::string choice, std::vector<std::string> values) const;
  /// The same parameter, but with the default `fallback` in cases in which the choice `choice` is one of `values`.
  ParamSpec otherwise(std::string choice, std::vector<std::string> values, Value fallback) const;
  /// The same parameter, but no part of cases that have its default, given or not: those keep title and case_id.
  ParamSpec left_out() const;
  /// The same integer, but it must divide the integer `multiple`.
  ParamSpec dividing(std::string multiple) const;

  /// "a whole number from 1 to 65536", for messages and `list`.
  std::string allowed() const;
  /// Returns the value in its canonical form (bytes as a number), or throws Error(config): found and allowed.
  Value checked(const Value& value) const;
};

/// "16 MiB" -> 16777216. KB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024; "B" or none is bytes.
/// Throws Error(config) on an unknown unit, no number, a value of 0 or below, or one beyond int64.
std::int64_t parse_bytes(std::string_view text);

/// Every parameter of a case, ordered by name, so that equal cases render equally.
class Params {
 public:
  Params() = default;
  explicit Params(std::map<std::string, Value> values) : values_(std::move(values)) {}

  /// Checks `given` against `specs` and fills in what is absent. Throws Error(config) on an unknown name or a
  /// value that is not allowed, saying what is.
  static Params complete(const std::vector<ParamSpec>& specs, const std::map<std::string, Value>& given,
                         std::string_view workload);

  std::int64_t integer(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  /// Of a parameter that is left out by default.
  std::string text_or(std::string_view name, std::string_view fallback) const;
  bool flag(std::string_view name) const;

  const std::map<std::string, Value>& values() const { return values_; }
  /// "k=512 m=512 n=512 precision=fp64"
  std::string to_string() const;

 private:
  const Value& at(std::string_view name) const;

  std::map<std::string, Value> values_;
};

}  // namespace petaproof
