// Reading JSON that a person wrote, strictly: what is not understood is an error, never ignored.
//
// A `StrictObject` is a JSON object with the file and path it came from. Each accessor takes one key and checks
// its type and value; `finish()` then fails on any key that nobody took. Every failure is an
// Error(Domain::config) of one line: file, JSON path, what was found, what is allowed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof {

/// All of a file. Throws Error(config) if it cannot be read: "... (a suite file is expected)".
std::string read_text_file(const std::filesystem::path& path, std::string_view expected);

/// Parses a file; // and /* */ comments are allowed. Errors: cannot be read, not JSON (with line and column),
/// a key given twice, objects and lists nested more than 64 deep.
nlohmann::json read_json_file(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages.
nlohmann::json parse_json(std::string_view text, const std::string& name);

class StrictObject {
 public:
  /// Fails if `value` is not an object. `value` must outlive this object. `path` is a JSON path such as `$.gpus`.
  StrictObject(const nlohmann::json& value, std::string file, std::string path = "$");

  bool has(const std::string& key) const;

  std::string text(const std::string& key);
  std::string text(const std::string& key, std::string fallback);
  std::string choice(const std::string& key, const std::vector<std::string>& allowed);
  std::string choice(const std::string& key, const std::vector<std::string>& allowed, std::string fallback);
  std::int64_t integer(const std::string& key, std::int64_t min, std::int64_t max);
  std::int64_t integer(const std::string& key, std::int64_t min, std::int64_t max, std::int64_t fallback);
  /// Finite numbers only. `above`: strictly greater than.
  double number(const std::string& key, double above, double max = std::numeric_limits<double>::max());
  std::optional<double> optional_number(const std::string& key, double above,
                                        double max = std::numeric_limits<double>::max());
  bool boolean(const std::string& key, bool fallback);
  std::vector<std::string> texts(const std::string& key);

  StrictObject object(const std::string& key);
  std::vector<StrictObject> objects(const std::string& key);
  /// The raw value, marked as read; fails if absent.
  const nlohmann::json& raw(const std::string& key);

  /// Marks a key as read without looking at it.
  void ignore(const std::string& key) { taken_.insert(key); }
  /// Fails on the first key that was not read, naming those that are allowed.
  void finish() const;

  /// An Error about one key (or about the object itself, with an empty key), for checks of the caller's own.
  [[noreturn]] void fail(const std::string& key, const std::string& message) const;

  const std::string& file() const { return file_; }
  const std::string& path() const { return path_; }
  std::string path_of(const std::string& key) const { return path_ + "." + key; }
  std::vector<std::string> keys() const;

 private:
  const nlohmann::json& take(const std::string& key);

  const nlohmann::json* value_;
  std::string file_;
  std::string path_;
  std::set<std::string> taken_;
};

/// One-line rendering of a value for messages, cut at 60 characters.
std::string abbreviate(const nlohmann::json& value);

}  // namespace petaproof
