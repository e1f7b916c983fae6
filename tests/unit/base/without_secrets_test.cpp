// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/redaction.hpp>
#include <lkdoctor/url.hpp>

using namespace lkdoctor;

TEST_CASE("what looks like a credential in a text is masked, the words around it stay") {
  CHECK(without_secrets("login password=hunter2, retry") == "login password=[secret], retry");
  CHECK(without_secrets("api_secret: 9f8e7d6c5b4a") == "api_secret: [secret]");
  CHECK(without_secrets("LIVEKIT_API_SECRET='a b' x") == "LIVEKIT_API_SECRET='[secret]' x");
  CHECK(without_secrets(R"({"apiSecret": "abc", "room": "r"})") ==
        R"({"apiSecret": "[secret]", "room": "r"})");
  CHECK(without_secrets("Authorization: Bearer abc.def-ghi") == "Authorization: Bearer [secret]");
  CHECK(without_secrets("authorization: basic dXNlcjpwdw== end") == "authorization: basic [secret] end");
  CHECK(without_secrets("at https://user:p:w@host/x") == "at https://[secret]@host/x");
  CHECK(without_secrets("wss://h/rtc?access_token=zz9&auto=1") == "wss://h/rtc?access_token=[secret]&auto=1");
  CHECK(without_secrets("token: 8f2cQ") == "token: [secret]");
}

TEST_CASE("sentences about tokens and secrets are left as they are") {
  for (const char* text : {"invalid token: expired", "the secret is too short", "Bearer of news",
                           "basic auth", "https://host/a@b", "api_key: controller", "token", "password",
                           "password=", "Invalid API key: k", "api_secret=[secret]", "token=[token]", ""}) {
    CHECK(without_secrets(text) == text);
  }
}

TEST_CASE("nothing is read beyond the end, wherever a text is cut") {
  const std::string whole = R"(x https://u:p@h/?access_token=1 "password": "abc def" Bearer 1234567 pwd: 'q)";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    CHECK(without_secrets(whole.substr(0, length)).empty() == (length == 0));
  }
}

TEST_CASE("of a base URL the values of its query are not shown") {
  CHECK(without_secret_parts("https://u:p@h.example/x?access_token=abc&y=#frag") ==
        "https://h.example/x?access_token=***&y=#***");
  CHECK(without_secret_parts("https://h.example/?abc&def") == "https://h.example/?***&***");
  CHECK(without_secret_parts("https://h.example") == "https://h.example");
  CHECK(parse_url(without_secret_parts("https://h.example/?access_token=abc")).has_value());
}

TEST_CASE("key pairs of LiveKit are masked where their names tell them") {
  CHECK(without_secrets("LIVEKIT_KEYS=\"APIabc: hunter2, other: hunter3\" in use") ==
        "LIVEKIT_KEYS=\"[secret]\" in use");
  CHECK(without_secrets("LIVEKIT_KEYS=APIabc: hunter2") == "LIVEKIT_KEYS=[secret]");
  CHECK(without_secrets("keys: {mine: hunter2} address in use") == "keys: {[secret]} address in use");
  CHECK(without_secrets("  APIabcd1: hunter2") == "  APIabcd1: [secret]");
  CHECK(without_secrets("keys: APIabc, other") == "keys: APIabc, other");
  CHECK(without_secrets("the API: down") == "the API: down");
}
