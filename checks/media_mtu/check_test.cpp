// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/path_size.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_mtu();
}

using namespace lkdoctor;
using probes::MediaReport;
using probes::MediaStage;
using probes::PathSize;

namespace {

MediaReport session(MediaStage stage, std::string why = "") {
  MediaReport report = test::session_up_to(stage, std::move(why));
  report.link.dtls_trace.largest_sent = 1'200;
  return report;
}

MediaReport small_session() {
  MediaReport report = session(MediaStage::done);
  report.link.dtls_trace.largest_sent = 612;
  return report;
}

/// Every size up to `passes` is answered.
std::vector<proto::SizedCheck> sizes(std::size_t passes) {
  std::vector<proto::SizedCheck> all;
  for (const std::size_t bytes : {548U, 972U, 1'100U, 1'200U, 1'252U, 1'372U, 1'472U}) {
    all.push_back({bytes, bytes <= passes ? 1 : 4, bytes <= passes ? 1 : 0});
  }
  return all;
}

Judgement judged(const PathSize& seen) {
  return test::judge(*checks::make_media_mtu(), Json(seen), {}, {});
}
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty())
    return judgement.unknown_reason() ? "unknown: " + *judgement.unknown_reason() : "-";
  return judgement.findings().front().id + ": " + judgement.findings().front().title;
}

}  // namespace

TEST_CASE("an Ethernet path passes everything, and the facts say so") {
  PathSize seen;
  seen.full = session(MediaStage::done);
  seen.sizes = sizes(1'472);
  const Judgement judgement = judged(seen);
  CHECK(first(judgement) == "-");
  CHECK(judgement.facts().at("largest_datagram") == 1'472);
  CHECK(judgement.facts().at("path_mtu_at_least") == 1'500);
  CHECK(judgement.facts().at("full_size_handshake") == true);
}

TEST_CASE("a tunnel that passes what browsers send is no finding") {
  PathSize seen;
  seen.full = session(MediaStage::done);
  seen.sizes = sizes(1'252);
  CHECK(first(judged(seen)) == "-");
  seen.sizes = sizes(1'200);
  CHECK(first(judged(seen)) == "-");
}

TEST_CASE("datagrams below a browser's size vanish: both edges are named") {
  PathSize seen;
  seen.full = session(MediaStage::dtls, "DTLS did not end");
  seen.small = small_session();
  seen.sizes = sizes(1'100);
  const Judgement judgement = judged(seen);
  CHECK(first(judgement) ==
        "path-mtu-blackhole: On the way to LiveKit at 198.51.100.23, datagrams of 1100 bytes are answered "
        "and those of 1200 "
        "are not.");
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("only the handshake tells") {
  PathSize seen;
  seen.full = session(MediaStage::dtls, "DTLS did not end");
  seen.small = small_session();
  CHECK(first(judged(seen)) ==
        "path-mtu-blackhole: On the way to LiveKit at 198.51.100.23, a handshake in small datagrams ends and "
        "one in full ones "
        "does not.");
}

TEST_CASE("no answer of any size, or a handshake that ends in no size, says nothing about sizes") {
  PathSize seen;
  seen.full = session(MediaStage::done);
  seen.sizes = sizes(0);
  CHECK(first(judged(seen)) == "-");
  seen.full = session(MediaStage::dtls, "DTLS did not end");
  seen.small = session(MediaStage::dtls, "DTLS did not end");
  CHECK(first(judged(seen)) == "unknown: no media over UDP to measure with: DTLS did not end");
}

TEST_CASE("a handshake that failed before its large flight, or on a line with loss, is no matter of size") {
  PathSize seen;
  seen.full = session(MediaStage::dtls, "DTLS did not end");
  seen.small = small_session();
  seen.sizes = sizes(1'472);
  seen.full.link.dtls_trace.largest_sent = 212;
  CHECK(first(judged(seen)) == "-");
  seen.full.link.dtls_trace.largest_sent = 1'200;
  CHECK(first(judged(seen)).starts_with("path-mtu-blackhole: "));
  seen.sizes.front() = {548, 2, 1};
  CHECK(first(judged(seen)) ==
        "unknown: one handshake in large datagrams failed on a line that loses small ones too");
}

TEST_CASE("where small datagrams are lost as well, nothing is said of a size") {
  const std::string said =
      "unknown: small datagrams are lost as well, so that the loss of large ones says nothing of a size";
  PathSize seen;
  seen.full = session(MediaStage::done);
  seen.sizes = sizes(1'100);
  seen.control = {245, 90, Microseconds(900), 240, {}};
  CHECK(first(judged(seen)) == said);
  seen.control = {245, 3, Microseconds(900), 3, {}};  // cut off
  CHECK(first(judged(seen)) == said);
  seen.control = {220, 219, Microseconds(900), 220, {}};  // of a good line
  CHECK(first(judged(seen)).starts_with("path-mtu-blackhole: "));
}

TEST_CASE("a handshake that fails in a flow that was cut off says nothing of its size") {
  PathSize seen;
  seen.full = session(MediaStage::dtls, "DTLS did not end");
  seen.full.path = {245, 0, {}, 0, {}, 2};
  seen.small = small_session();
  seen.sizes = sizes(1'472);
  CHECK(first(judged(seen)).starts_with("unknown: small datagrams are lost as well"));
}
