// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/data_trip.hpp>

#include <algorithm>
#include <lkdoctor/proto/data_channel.hpp>

namespace lkdoctor::probes {
namespace {

// LiveKit repeats a lost packet of SCTP after 3 s at first (RFC 9260 §16: RTO.Initial is 1 s; pion takes 3).
constexpr Milliseconds kPatience{8'000}, kIce{2'600}, kHandshake{2'500};
// The lossy channel's acknowledgement is sent once.
constexpr Milliseconds kForTheOther{500};
constexpr std::uint16_t kUsualPort = 5'000;

std::uint16_t port_of(const MediaSession& session) {
  const proto::SdpRemote* remote = session.remote();
  return remote == nullptr ? kUsualPort : remote->sctp_port().value_or(kUsualPort);
}

std::vector<std::string> open_labels(const proto::DataChannels& channels) {
  std::vector<std::string> labels;
  for (const proto::DataChannel& one : channels.channels()) {
    if (one.open) labels.push_back(one.label);
  }
  return labels;
}

/// What SCTP wants to say goes into DTLS, what DTLS brings goes into SCTP.
void exchange(MediaSession& session, proto::DataChannels& channels, DataTrip& trip) {
  proto::Dtls& dtls = session.link().dtls();
  while (const auto record = dtls.read()) {
    ++trip.packets_received;
    channels.feed(*record, Clock::now());
  }
  while (const auto packet = channels.take()) {
    ++trip.packets_sent;
    dtls.write(*packet);
  }
  session.link().flush();
}

awaitable<void> open_both(MediaSession& session, DataTrip* trip) {
  const Deadline begun = Clock::now();
  Deadline until = begun + kPatience;
  const auto since = [begun] { return std::chrono::duration_cast<Microseconds>(Clock::now() - begun); };
  // Our offers say setup:active, so we are the DTLS client (RFC 8832 §6).
  proto::DataChannels channels(true, port_of(session));
  channels.open("_reliable");
  channels.open("_lossy", {false, 0});
  channels.start(begun);
  while (Clock::now() < until && trip->open.size() < 2) {
    exchange(session, channels, *trip);
    if (!trip->association && channels.state() == proto::SctpState::open) {
      trip->association = true;
      trip->associated = since();
    }
    trip->open = open_labels(channels);
    if (trip->open.size() == 2) break;
    if (trip->carries_messages()) until = earlier(until, Clock::now() + kForTheOther);
    // Without a timer of ours there is still LiveKit's, which repeats an acknowledgement that was lost.
    const Deadline timer = earlier(channels.next_timer().value_or(until), until);
    const bool rang = co_await session.bell().wait(timer);
    if (!rang) channels.on_timer(Clock::now());
  }
  if (trip->open.size() == 2) trip->acknowledged = since();
  if (trip->carries_messages()) co_return;
  co_await measure_briefly(session, &trip->path);
  co_await measure_closely(session, &trip->path);
}

}  // namespace

bool DataTrip::carries_messages() const {
  return std::ranges::find(open, "_reliable") != open.end();
}

awaitable<DataTrip> open_data_channels(Probe& probe, Transport transport) {
  DataTrip trip;
  DataTrip* into = &trip;
  MediaPlan plan;
  plan.transport = transport;
  plan.send_candidates = true;
  plan.ice_patience = kIce;
  plan.dtls_patience = kHandshake;
  MediaBody body = [into](MediaSession& session) { return open_both(session, into); };
  trip.session = co_await hold_session(probe, std::move(plan), std::move(body));
  co_return trip;
}

}  // namespace lkdoctor::probes
