// Valid documents, changed at random, their bytes or their structure: by one seed the same everywhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace petaproof::testing {

using nlohmann::json;

/// Not std::uniform_int_distribution, whose results differ between standard libraries.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::mt19937_64 random_;
};

inline const std::vector<std::string> tokens{"null",
                                             "true",
                                             "-1",
                                             "0",
                                             "1e999",
                                             "-0.0",
                                             "1e-320",
                                             "9223372036854775808",
                                             "18446744073709551616",
                                             "\"\"",
                                             "{}",
                                             "[]",
                                             "[[[[",
                                             "}}",
                                             ",",
                                             ":",
                                             "\"",
                                             "\\",
                                             "\\u0000",
                                             "\\ud800",
                                             "\n",
                                             "\x1b[31m",
                                             "\xff",
                                             std::string(1, '\0'),
                                             "//",
                                             "/*",
                                             "\"64 KiB\"",
                                             "\"0 B\"",
                                             "99999999999999999999 GiB",
                                             "\"normal\"",
                                             "\"host\"",
                                             "\"fp64\"",
                                             "unspecified",
                                             "4,000"};

inline std::string mutate_bytes(std::string text, Chance& chance) {
  for (std::size_t n = 1 + chance.below(4); n > 0; --n) {
    const std::size_t at = chance.below(text.size() + 1);
    const std::size_t length = 1 + chance.below(chance.one_in(4) ? 200 : 4);
    switch (chance.below(6)) {
      case 0: text = text.substr(0, at); break;
      case 1: text.erase(std::min(at, text.size()), length); break;
      case 2: text.insert(at, chance.of(tokens)); break;
      case 3: text.insert(at, text.substr(chance.below(text.size()), length)); break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << chance.below(8)));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(chance.below(256));
    }
  }
  return text;
}

inline json odd_value(Chance& chance) {
  static const std::vector<json> values{nullptr,
                                        true,
                                        false,
                                        0,
                                        1,
                                        -1,
                                        2,
                                        512,
                                        4096,
                                        1u << 31,
                                        INT64_MAX,
                                        INT64_MIN,
                                        UINT64_MAX,
                                        0.5,
                                        -0.0,
                                        1e-308,
                                        1e308,
                                        "",
                                        " ",
                                        "fp64",
                                        "fp32",
                                        "burst",
                                        "pass",
                                        "end",
                                        "begin",
                                        "unspecified",
                                        "64 KiB",
                                        "0 B",
                                        "1 PB",
                                        "a\nb",
                                        "\x1b[31m",
                                        "240",
                                        "4,000",
                                        "1e9",
                                        json::array(),
                                        json::object(),
                                        json::array({1, 2, 3}),
                                        json::array({"burst", "batched"}),
                                        json::object({{"backend", "cuda"}})};
  if (!chance.one_in(20)) return chance.of(values);
  json deep = 1;
  for (std::size_t n = chance.below(300); n > 0; --n)
    deep = chance.one_in(2) ? json::array({deep}) : json::object({{"k", deep}});
  return deep;
}

/// A node anywhere in the document; the containers on the way are where it stops early.
inline json& some_node(json& root, Chance& chance) {
  json* at = &root;
  while (at->is_structured() && !at->empty() && !chance.one_in(5)) {
    auto next = at->begin();
    std::advance(next, static_cast<std::ptrdiff_t>(chance.below(at->size())));
    at = &*next;
  }
  return *at;
}

inline json mutate_structure(json document, Chance& chance) {
  for (std::size_t n = 1 + chance.below(3); n > 0; --n) {
    json& node = some_node(document, chance);
    if (node.is_object() && !node.empty() && chance.one_in(2)) {
      auto at = node.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(chance.below(node.size())));
      const std::string key = at.key();
      const json value = at.value();
      if (chance.one_in(2)) node.erase(key);
      if (chance.one_in(2)) node[chance.one_in(3) ? key + "\n" : chance.of(tokens)] = value;
    } else if (node.is_array() && !node.empty() && chance.one_in(2)) {
      const json item = node[chance.below(node.size())];
      for (std::size_t copies = chance.one_in(10) ? chance.below(2000) : 1; copies > 0; --copies)
        node.push_back(item);
    } else {
      node = odd_value(chance);
    }
  }
  return document;
}

/// Bytes that no parser of UTF-8 takes may have got into a text through the tokens.
inline std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

inline std::string mutate(const json& valid, const std::string& text, Chance& chance) {
  return chance.one_in(3) ? mutate_bytes(text, chance) : dump(mutate_structure(valid, chance));
}

}  // namespace petaproof::testing
