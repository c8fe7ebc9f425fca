#include "harness/json/strict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/json/plain_json.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

constexpr std::size_t max_depth = 64;

// nlohmann's text is "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...".
std::string without_exception_tag(const std::string& what) {
  const auto end = what.find("] ");
  return what.starts_with("[json.exception") && end != std::string::npos ? what.substr(end + 2) : what;
}

// Builds the value, and refuses what nlohmann would let pass. It keeps the last of two equal keys without a word; a
// reader of the file would see the first. And whoever walks a value of a hundred thousand levels runs out of stack.
// Its own parser with a callback looks at every element of an array again after each object in it: with a hundred
// thousand objects in one array that took three quarters of the time to read a run.
class Reader : public nlohmann::json_sax<json> {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  json result() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& value) override { return put(std::move(value)); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    const auto [entry, is_new] = open_.back()->emplace(key, nullptr);
    if (!is_new)
      throw Error(Domain::config, fmt::format("{}: the key {} is given twice in one object", name_, abbreviate(key)));
    value_ = &*entry;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    throw Error(Domain::config, fmt::format("{}: not JSON: {}", name_, without_exception_tag(error.what())));
  }

 private:
  // Into the open array, or the place that the last key has.
  template <typename Value>
  json& place(Value&& value) {
    if (open_.size() > max_depth)
      throw Error(Domain::config, fmt::format("{}: nested more than {} levels deep", name_, max_depth));
    if (!open_.empty() && open_.back()->is_array())
      return open_.back()->get_ref<json::array_t&>().emplace_back(std::forward<Value>(value));
    return *value_ = json(std::forward<Value>(value));
  }
  template <typename Value>
  bool put(Value&& value) {
    place(std::forward<Value>(value));
    return true;
  }
  bool open(json value) {
    open_.push_back(&place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string name_;
  json root_;
  json* value_ = &root_;
  std::vector<json*> open_;  // objects and arrays; only the last one grows, so these stay where they are
};

// A message is one line, whatever stands in the keys and texts that it quotes.
std::string one_line(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    result += code < 0x20 || code == 0x7F ? fmt::format("\\x{:02x}", code) : std::string(1, c);
  }
  return result;
}

}  // namespace

json parse_json(std::string_view text, const std::string& name) {
  if (Reader reader(name); PlainJson(text, reader).parse()) return reader.result();
  Reader reader(name);
  json::sax_parse(text, &reader, json::input_format_t::json, true, true);
  return reader.result();
}

std::string read_text_file(const std::filesystem::path& path, std::string_view expected) {
  std::error_code ignored;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (!std::filesystem::is_directory(path, ignored) && stream) {
    // copying nothing counts as a failure, and an empty file is none
    const bool empty = stream.peek() == std::ifstream::traits_type::eof() && !stream.bad();
    if (empty || text << stream.rdbuf()) return text.str();
  }
  throw Error(Domain::config, fmt::format("{}: cannot be read (a {} file is expected)", path.string(), expected));
}

json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_text_file(path, "JSON"), path.string());
}

std::string abbreviate(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

StrictObject::StrictObject(const json& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {
  if (!value.is_object()) fail("", fmt::format("an object is expected, found {}", abbreviate(value)));
}

bool StrictObject::has(const std::string& key) const {
  return value_->contains(key);
}

const json& StrictObject::take(const std::string& key) {
  taken_.insert(key);
  const auto found = value_->find(key);
  if (found == value_->end()) fail("", fmt::format("the key \"{}\" is missing", key));
  return *found;
}

const json& StrictObject::raw(const std::string& key) {
  return take(key);
}

std::string StrictObject::text(const std::string& key) {
  const json& value = take(key);
  if (!value.is_string()) fail(key, fmt::format("a text is expected, found {}", abbreviate(value)));
  return value.get<std::string>();
}

std::string StrictObject::text(const std::string& key, std::string fallback) {
  ignore(key);
  return has(key) ? text(key) : fallback;
}

std::string StrictObject::choice(const std::string& key, const std::vector<std::string>& allowed) {
  const json& value = take(key);
  if (!value.is_string() || std::ranges::find(allowed, value.get<std::string>()) == allowed.end())
    fail(key, fmt::format("one of {} is expected, found {}", fmt::join(allowed, ", "), abbreviate(value)));
  return value.get<std::string>();
}

std::string StrictObject::choice(const std::string& key, const std::vector<std::string>& allowed,
                                 std::string fallback) {
  ignore(key);
  return has(key) ? choice(key, allowed) : fallback;
}

std::int64_t StrictObject::integer(const std::string& key, std::int64_t min, std::int64_t max) {
  const json& value = take(key);
  // an unsigned number above INT64_MAX would wrap in get<int64_t>
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() ||
                     value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  if (!fits || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max)
    fail(key, fmt::format("a whole number from {} to {} is expected, found {}", min, max, abbreviate(value)));
  return value.get<std::int64_t>();
}

std::int64_t StrictObject::integer(const std::string& key, std::int64_t min, std::int64_t max,
                                   std::int64_t fallback) {
  ignore(key);
  return has(key) ? integer(key, min, max) : fallback;
}

double StrictObject::number(const std::string& key, double above, double max) {
  const json& value = take(key);
  const bool finite = value.is_number() && std::isfinite(value.get<double>());
  if (!finite || !(value.get<double>() > above) || !(value.get<double>() <= max)) {
    const std::string upper = max < std::numeric_limits<double>::max() ? fmt::format(" and at most {}", max) : "";
    fail(key, fmt::format("a number above {}{} is expected, found {}", above, upper, abbreviate(value)));
  }
  return value.get<double>();
}

std::optional<double> StrictObject::optional_number(const std::string& key, double above, double max) {
  ignore(key);
  if (!has(key) || value_->at(key).is_null()) return std::nullopt;
  return number(key, above, max);
}

bool StrictObject::boolean(const std::string& key, bool fallback) {
  ignore(key);
  if (!has(key)) return fallback;
  const json& value = take(key);
  if (!value.is_boolean()) fail(key, fmt::format("true or false is expected, found {}", abbreviate(value)));
  return value.get<bool>();
}

std::vector<std::string> StrictObject::texts(const std::string& key) {
  const json& value = take(key);
  const bool good = value.is_array() && std::ranges::all_of(value, [](const json& v) { return v.is_string(); });
  if (!good) fail(key, fmt::format("a list of texts is expected, found {}", abbreviate(value)));
  return value.get<std::vector<std::string>>();
}

StrictObject StrictObject::object(const std::string& key) {
  return {take(key), file_, path_of(key)};
}

std::vector<StrictObject> StrictObject::objects(const std::string& key) {
  const json& value = take(key);
  if (!value.is_array()) fail(key, fmt::format("a list of objects is expected, found {}", abbreviate(value)));
  std::vector<StrictObject> result;
  for (std::size_t i = 0; i < value.size(); ++i)
    result.emplace_back(value[i], file_, fmt::format("{}[{}]", path_of(key), i));
  return result;
}

std::vector<std::string> StrictObject::keys() const {
  std::vector<std::string> result;
  for (const auto& [key, value] : value_->items()) result.push_back(key);
  return result;
}

void StrictObject::finish() const {
  for (const auto& [key, value] : value_->items())
    if (!taken_.contains(key))
      fail("", fmt::format("unknown key \"{}\"; allowed here: {}", key, fmt::join(taken_, ", ")));
}

void StrictObject::fail(const std::string& key, const std::string& message) const {
  throw Error(Domain::config,
              one_line(fmt::format("{}: {}: {}", file_, key.empty() ? path_ : path_of(key), message)));
}

}  // namespace petaproof
