#include "harness/json/sources.hpp"

#include <fmt/format.h>

namespace petaproof {

Sources::Sources(StrictObject table) : table_(std::move(table)) {
  for (const auto& key : table_.keys()) texts_[key] = table_.text(key);
}

std::string Sources::cite(StrictObject& figure) {
  const std::string key = figure.text("source");
  const auto found = texts_.find(key);
  if (found == texts_.end()) figure.fail("source", fmt::format("\"{}\" is not in the file's \"sources\"", key));
  cited_.insert(key);
  return found->second;
}

void Sources::finish() const {
  for (const auto& [key, text] : texts_)
    if (!cited_.contains(key)) table_.fail(key, "no figure cites this source");
}

}  // namespace petaproof
