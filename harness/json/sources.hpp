// The "sources" table of a file of figures. A figure cites a key of it, which keeps figures on one line; a key that
// no figure cites is an error, since it is most likely a figure whose source was mistyped.
#pragma once

#include <map>
#include <set>
#include <string>

#include "harness/json/strict.hpp"

namespace petaproof {

class Sources {
 public:
  /// Error(config) unless every value of the table is a text.
  explicit Sources(StrictObject table);

  /// The full text that the figure's key "source" stands for. Error(config) if there is none.
  std::string cite(StrictObject& figure);

  /// Error(config) on the first key that nobody cited.
  void finish() const;

 private:
  StrictObject table_;
  std::map<std::string, std::string> texts_;
  std::set<std::string> cited_;
};

}  // namespace petaproof
