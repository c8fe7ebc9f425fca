// Progress and complaints. Where stderr cannot be written (a log on a full disk) nobody is told, and the program goes
// on: what it measures is in the run folder. fmt::print would throw, from the middle of a run or of a destructor.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace petaproof {

template <typename... Args>
void to_stderr(fmt::format_string<Args...> text, Args&&... args) {
  std::fputs(fmt::format(text, std::forward<Args>(args)...).c_str(), stderr);
}

}  // namespace petaproof
