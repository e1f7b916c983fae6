// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/address.hpp>
#include <string>

using namespace lkdoctor;

TEST_CASE("an address with a NUL in it is none, though C would stop reading there") {
  using namespace std::string_literals;
  CHECK(is_numeric_address("192.0.2.1"));
  CHECK(is_numeric_address("2001:db8::1"));
  CHECK_FALSE(is_numeric_address("192.0.2.1\0"s));
  CHECK_FALSE(is_numeric_address("2001:db8::\0evil"s));
  CHECK_FALSE(is_global("9.9.9.9\0.internal"s));
}
