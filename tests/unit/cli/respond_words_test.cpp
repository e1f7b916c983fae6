// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_words.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using cli::where_to_listen;

TEST_CASE("respond --listen: an address, a port, or both; no address in particular is every one") {
  CHECK(where_to_listen("") == Endpoint{"", 17881});
  CHECK(where_to_listen("192.0.2.5") == Endpoint{"192.0.2.5", 17881});
  CHECK(where_to_listen("2001:db8::5") == Endpoint{"2001:db8::5", 17881});
  CHECK(where_to_listen("[2001:db8::5]") == Endpoint{"2001:db8::5", 17881});
  CHECK(where_to_listen("0.0.0.0") == Endpoint{"", 17881});
  CHECK(where_to_listen("::") == Endpoint{"", 17881});
  CHECK(where_to_listen("192.0.2.5:18000") == Endpoint{"192.0.2.5", 18000});
  CHECK(where_to_listen("[2001:db8::5]:18000") == Endpoint{"2001:db8::5", 18000});
  CHECK(where_to_listen(":18000") == Endpoint{"", 18000});
  CHECK(where_to_listen("18000") == Endpoint{"", 18000});
  for (const char* wrong : {"lk.example", "192.0.2.5:", "192.0.2.5:0", "[192.0.2.5]:1", "65536", "eth0:1",
                            "[192.0.2.5]", "[]", "]"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(where_to_listen(wrong), cli::UsageError);
  }
}

TEST_CASE("respond --for: a duration; a number without a unit is asked for one") {
  CHECK(cli::lasting("") == std::chrono::minutes(15));
  CHECK(cli::lasting("1h30m") == std::chrono::minutes(90));
  CHECK(cli::lasting("7d") == std::chrono::hours(168));
  const auto said = [](const std::string& text) {
    try {
      (void)cli::lasting(text);
    } catch (const cli::UsageError& error) {
      return error.message;
    }
    return std::string();
  };
  CHECK(said("90") == "--for 90: wanted is a duration with its unit: did you mean 90s, or 90m?");
  CHECK(said("8d") == "--for 8d: wanted is a duration up to 7d, such as 30m");
  CHECK(said("99999999999999999999") ==
        "--for 99999999999999999999: wanted is a duration up to 7d, such as 30m");
}
