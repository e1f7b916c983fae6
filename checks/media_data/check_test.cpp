// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/data_trip.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_data();
}

using namespace lkdoctor;
using probes::DataTrip;
using probes::MediaStage;

namespace {

DataTrip trip(MediaStage stage, bool association, std::vector<std::string> open) {
  DataTrip made;
  made.session = test::session_up_to(stage, stage == MediaStage::done ? "" : "nothing came back");
  made.association = association;
  made.open = std::move(open);
  if (association) made.associated = Microseconds(7'100);
  if (made.open.size() == 2) made.acknowledged = Microseconds(9'200);
  return made;
}

Judgement judged(const std::vector<DataTrip>& trips) {
  return test::judge(*checks::make_media_data(), Json{{"trips", trips}}, {}, {});
}
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty())
    return judgement.unknown_reason() ? "unknown: " + *judgement.unknown_reason() : "-";
  return judgement.findings().front().id + ": " + judgement.findings().front().title;
}

}  // namespace

TEST_CASE("both channels open: no finding, and how long it took") {
  const Judgement judgement = judged({trip(MediaStage::done, true, {"_reliable", "_lossy"})});
  CHECK(first(judgement) == "-");
  CHECK(judgement.facts().at("open") == true);
  CHECK(judgement.facts().at("acknowledged_ms") == 9.2);
}

TEST_CASE("DTLS is done and SCTP does not come about, or LiveKit takes no channel") {
  CHECK(first(judged({trip(MediaStage::done, false, {})})) ==
        "data-channel-fails: DTLS with LiveKit at 198.51.100.23 is done, and no SCTP association comes about "
        "over it.");
  CHECK(first(judged({trip(MediaStage::done, true, {"_lossy"})})) ==
        "data-channel-fails: LiveKit at 198.51.100.23 does not acknowledge the data channels of a session.");
}

TEST_CASE("a line that loses packets loses acknowledgements: nothing is said of LiveKit") {
  DataTrip lossy = trip(MediaStage::done, true, {"_lossy"});
  lossy.path = {20, 13, std::nullopt, 0, {}};
  CHECK(first(judged({lossy})) ==
        "unknown: the line lost 7 of 20 packets, so that an acknowledgement that is missing says nothing of "
        "LiveKit");
  lossy.path = {20, 20, std::nullopt, 0, {}};
  CHECK(first(judged({lossy})).starts_with("data-channel-fails: "));
}

TEST_CASE("the lossy channel's acknowledgement may be lost") {
  CHECK(first(judged({trip(MediaStage::done, true, {"_reliable"})})) == "-");
}

TEST_CASE("over TCP after UDP was dead it works; without any connection nothing is known") {
  CHECK(first(judged({trip(MediaStage::ice, false, {}),
                      trip(MediaStage::done, true, {"_reliable", "_lossy"})})) == "-");
  CHECK(first(judged({trip(MediaStage::ice, false, {})})) ==
        "unknown: no connection to open a data channel on: nothing came back");
}
