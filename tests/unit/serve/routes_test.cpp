// SPDX-License-Identifier: EUPL-1.2
#include "serve/routes.hpp"

#include <doctest/doctest.h>

#include "serve/host_rule.hpp"
#include "serve/places.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

const Known kKnown{{"main", "backup", "a/b ü", "a"}, {"default", "thorough"}};

Request request_for(std::string_view target, std::string method = "GET") {
  Request request;
  const auto parsed = parse_request_target(target);
  REQUIRE(parsed);
  request.method = std::move(method);
  request.path = parsed->path;
  request.query = parsed->query;
  return request;
}

/// "probe main thorough" of a call, "404 Nothing is here." of an answer.
std::string found(std::string_view target, std::string method = "GET", std::string_view prefix = {},
                  const Known& known = kKnown) {
  const auto result = Routes(prefix).find(request_for(target, std::move(method)), known);
  if (const auto* response = std::get_if<Response>(&result)) {
    std::string out = std::to_string(response->status);
    for (const auto& [name, value] : response->headers) out += " [" + name + ": " + value + "]";
    return out + " " + response->body;
  }
  const Call& call = std::get<Call>(result);
  const std::array<const char*, 14> names{"page", "target",  "incident", "style",  "script",
                                          "live", "metrics", "probe",    "report", "targets",
                                          "sd",   "healthy", "ready",    "reload"};
  std::string out = names.at(static_cast<std::size_t>(call.route));
  for (const std::string& part : {call.target, call.module}) out += part.empty() ? "" : " " + part;
  if (call.from_ms != 0) out += " " + std::to_string(call.from_ms);
  return out;
}

std::string objection(std::string authority, std::string method = "GET", std::string origin = {}) {
  const HostRule rule({"Probe.Example"});
  Request request;
  request.authority = std::move(authority);
  request.method = std::move(method);
  if (!origin.empty()) request.headers.emplace_back("origin", std::move(origin));
  const auto response = rule.objection(request);
  return response ? std::to_string(response->status) + " " + response->body : "none";
}

}  // namespace

TEST_CASE("routes: every path of the contract is known, by GET and by HEAD") {
  for (const char* method : {"GET", "HEAD"}) {
    CHECK(found("/", method) == "page");
    CHECK(found("/t/main", method) == "target main");
    CHECK(found("/t/main/incident/1795334400000", method) == "incident main 1795334400000");
    CHECK(found("/style.css", method) == "style");
    CHECK(found("/live.js", method) == "script");
    CHECK(found("/live", method) == "live");
    CHECK(found("/metrics", method) == "metrics");
    CHECK(found("/probe?target=main", method) == "probe main");
    CHECK(found("/probe?target=backup&module=thorough", method) == "probe backup thorough");
    CHECK(found("/api/v1/report?target=main", method) == "report main");
    CHECK(found("/api/v1/targets", method) == "targets");
    CHECK(found("/sd", method) == "sd");
    CHECK(found("/-/healthy", method) == "healthy");
    CHECK(found("/health", method) == "healthy");
    CHECK(found("/-/ready", method) == "ready");
    CHECK(found("/ready", method) == "ready");
  }
  CHECK(found("/-/reload", "POST") == "reload");
  CHECK(found("/-/reload", "PUT") == "reload");
}

TEST_CASE("routes: a method that does not fit is told which ones do") {
  CHECK(found("/-/reload") == "405 [Allow: POST, PUT] GET is not possible here, but POST and PUT are.\n");
  CHECK(found("/metrics", "POST") ==
        "405 [Allow: GET, HEAD] POST is not possible here, but GET and HEAD are.\n");
  CHECK(found("/t/main", "DELETE") ==
        "405 [Allow: GET, HEAD] DELETE is not possible here, but GET and HEAD are.\n");
  CHECK(found("/probe?target=nobody", "TRACE") ==
        "405 [Allow: GET, HEAD] TRACE is not possible here, but GET and HEAD are.\n");
}

TEST_CASE("routes: a target that is missing, unknown or there twice is refused with the reason") {
  CHECK(found("/probe") ==
        "400 The parameter \"target\" is missing: the name of a target of the configuration.\n");
  CHECK(found("/probe?target=") ==
        "400 The parameter \"target\" is missing: the name of a target of the configuration.\n");
  CHECK(found("/probe?target=mian") ==
        "404 There is no target \"mian\". Did you mean \"main\"? Known: main, backup, a/b ü, a.\n");
  CHECK(found("/api/v1/report?target=http://169.254.169.254/") ==
        "404 There is no target \"http://169.254.169.254/\". Known: main, backup, a/b ü, a.\n");
  CHECK(found("/probe?target=main&target=backup") ==
        "400 The parameter \"target\" is there more than once.\n");
  CHECK(found("/probe?target=a%0d%0ab%1b") ==
        "404 There is no target \"a\\r\\nb\\x1b\". Known: main, backup, a/b ü, a.\n");
}

TEST_CASE("routes: of many targets twenty are named") {
  Known many;
  for (int i = 0; i < 10000; ++i) many.targets.push_back("t" + std::to_string(i));
  CHECK(found("/probe?target=elsewhere", "GET", "", many) ==
        "404 There is no target \"elsewhere\". Known: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, "
        "t13, "
        "t14, t15, t16, t17, t18, t19 and 9980 more.\n");
}

TEST_CASE("routes: a module that is unknown is a bad request") {
  CHECK(found("/probe?target=main&module=thorogh") ==
        "400 There is no module \"thorogh\". Did you mean \"thorough\"? Known: default, thorough.\n");
  CHECK(found("/probe?target=main&module=") == "400 There is no module \"\". Known: default, thorough.\n");
  CHECK(found("/probe?target=main&module=default&module=x") ==
        "400 The parameter \"module\" is there more than once.\n");
}

TEST_CASE("routes: a path that is none names those that are") {
  CHECK(found("/metrcs") ==
        "404 Nothing is here. There are /, /t/NAME, /t/NAME/incident/FROM, /style.css, /live.js, /live, "
        "/metrics, "
        "/probe, /api/v1/report, /api/v1/targets, /sd, /-/healthy, /-/ready, /-/reload, /health, /ready.\n");
  CHECK(found("/t/").starts_with("404 Nothing is here."));
  CHECK(found("/t/main/incident/").starts_with("404 Nothing is here."));
  CHECK(found("/t/main/incident/-1").starts_with("404 Nothing is here."));
  CHECK(found("/t/main/incident/1x").starts_with("404 Nothing is here."));
  CHECK(found("/t/main/incident/99999999999999999999").starts_with("404 Nothing is here."));
}

TEST_CASE("routes: where a page links to is found, whatever the name of the target holds") {
  for (const std::string& name : kKnown.targets) {
    CHECK(found(target_place(name)) == "target " + name);
    CHECK(found(incident_place(name, 17)) == "incident " + name + " 17");
    CHECK(found(report_place(name)) == "report " + name);
    CHECK(found("/prefix" + target_place(name), "GET", "/prefix") == "target " + name);
  }
  CHECK(found("/t/mian/incident/17") ==
        "404 There is no target \"mian\". Did you mean \"main\"? Known: main, backup, a/b ü, a.\n");
  CHECK(found("/t/a/c") == "404 There is no target \"a/c\". Known: main, backup, a/b ü, a.\n");
}

TEST_CASE("routes: with a prefix everything is below it, and the root leads there") {
  for (const char* prefix : {"lkdoctor", "/lkdoctor", "/lkdoctor/"}) {
    CHECK(found("/lkdoctor/metrics", "GET", prefix) == "metrics");
    CHECK(found("/lkdoctor/", "GET", prefix) == "page");
    CHECK(found("/", "GET", prefix) == "302 [Location: /lkdoctor/] It is at /lkdoctor/\n");
    CHECK(found("/lkdoctor", "GET", prefix) == "302 [Location: /lkdoctor/] It is at /lkdoctor/\n");
    CHECK(found("/metrics", "GET", prefix).substr(0, 3) == "404");
    CHECK(found("/lkdoctors/metrics", "GET", prefix).substr(0, 3) == "404");
  }
  CHECK(Routes("/").prefix().empty());
  CHECK(Routes("/a/b/").prefix() == "/a/b");
}

TEST_CASE("host rule: addresses, localhost and the server's own names are taken, with and without port") {
  for (const char* good : {"127.0.0.1", "127.0.0.1:17880", "[::1]:17880", "10.1.2.3:80", "localhost",
                           "LOCALHOST:1", "probe.example", "probe.example:443", "probe.example.", ""})
    CHECK_MESSAGE(objection(good) == "none", good);
  CHECK(objection("evil.example:17880") ==
        "421 This server is not known as \"evil.example\". If that is a name of it, give it with "
        "--web.external-url.\n");
  CHECK(objection("localhost.evil.example").substr(0, 3) == "421");
  CHECK(objection("127.0.0.1.evil.example").substr(0, 3) == "421");
  CHECK(objection("a b") == "400 The Host header names no host.\n");
  CHECK(objection("localhost:x") == "400 The Host header names no host.\n");
  CHECK(objection("user@localhost") == "400 The Host header names no host.\n");
}

TEST_CASE("host rule: a page of another site may read what its browser lets it, and change nothing") {
  CHECK(objection("localhost:17880", "GET", "https://evil.example") == "none");
  CHECK(objection("localhost:17880", "POST", "http://localhost:17880") == "none");
  CHECK(objection("localhost:17880", "POST") == "none");
  for (const char* origin : {"https://evil.example", "null", "http://localhost:8080"})
    CHECK(objection("localhost:17880", "POST", origin) ==
          "403 A page of another site may not ask for this.\n");
}
