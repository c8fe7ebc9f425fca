// Runs something that must throw an Error, and hands it over to be looked at.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/device/error.hpp"

namespace petaproof {

template <typename Function>
std::string error_of(Domain domain, Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), domain) << error.describe();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line: " << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

}  // namespace petaproof
