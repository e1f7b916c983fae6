// SPDX-License-Identifier: EUPL-1.2
#include "model/secrets.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;

TEST_CASE("several secrets of one text are its lines, with or without a line feed at the end") {
  CHECK(lines_of(Secret()).empty());
  CHECK(lines_of(Secret("one")) == std::vector<Secret>{Secret("one")});
  CHECK(lines_of(Secret("one\ntwo\n")) == std::vector<Secret>{Secret("one"), Secret("two")});
}

TEST_CASE("each token that a responder lent is masked") {
  Deployment deployment;
  deployment.secrets.carried_token = Secret("first.token.of-many\nsecond.token.of-many");
  deployment.secrets.carried_subscriber_token = Secret("third.token.of-many");
  const Redactor redactor = redactor_for(deployment);
  for (const char* token : {"first.token.of-many", "second.token.of-many", "third.token.of-many"})
    CHECK(redactor.clean(std::string("before ") + token).find("token") == std::string::npos);
}
