// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/livekit_word.hpp>
#include <lkdoctor/probes/media_session.hpp>
#include <lkdoctor/proto/rtp.hpp>

namespace lkdoctor::probes {

/// What LiveKit's receiver reports say of our packets: the way up.
struct UplinkWord {
  int reports = 0;
  std::int32_t lost = 0;      ///< the latest cumulative count
  std::uint32_t highest = 0;  ///< the latest extended sequence number
  double worst_fraction = 0;
};
LKDOCTOR_JSON(UplinkWord, reports, lost, highest, worst_fraction)

/// Two participants in one room, one speaking, one listening, over one transport.
struct AudioLoop {
  Transport transport = Transport::udp;
  MediaReport publisher, subscriber;
  bool published = false;                    ///< LiveKit took the track
  std::optional<bool> opus_taken;            ///< LiveKit's answer keeps the Opus that was offered
  int sent = 0;                              ///< audio packets in all
  int from_livekit = 0;                      ///< authentic RTP and RTCP packets of LiveKit, ours among them
  std::optional<Microseconds> first_packet;  ///< from the first packet sent to the first one heard
  int expected = 0, delivered = 0;           ///< from the first one heard to the last one sent
  int expected_until_last = 0;               ///< of these, up to the last one heard
  std::optional<Microseconds> last_heard;    ///< when that one was sent, since the first of all
  int large_expected = 0, large_delivered = 0;  ///< of these, in datagrams as long as a browser's
  std::size_t large_bytes = 0;                  ///< of such a datagram, without UDP and IP headers
  std::size_t largest_heard = 0;                ///< bytes of the longest audio datagram that came back
  int foreign = 0;                              ///< RTP packets that are not ours or not authentic
  std::optional<Microseconds> delay;            ///< median, there and back through LiveKit
  std::optional<Microseconds> least_delay;      ///< of the fastest packet
  proto::RtpCounts counts;                      ///< of the subscriber
  UplinkWord uplink;
  LiveKitWord word;  ///< of a thorough run
  bool connected() const { return publisher.connected() && subscriber.connected(); }
  std::optional<double> loss_ratio() const;
  /// Audio came, and then none of much more: no loss that comes and goes.
  bool was_cut() const;
  /// Half of the fastest packet's way there and back: right where both ways take the same time.
  std::optional<Microseconds> one_way_estimate() const;
};
LKDOCTOR_JSON(AudioLoop, transport, publisher, subscriber, published, opus_taken, sent, from_livekit,
              first_packet, expected, delivered, expected_until_last, last_heard, large_expected,
              large_delivered, large_bytes, largest_heard, foreign, delay, least_delay, counts, uplink, word)

struct LoopPatience {
  Milliseconds ice{3'000};           ///< of each side
  Milliseconds first_packet{4'000};  ///< after both sides are connected
};

/// Joins a random room twice and sends Opus from one to the other. Ends some 40 packets after the first one
/// was heard; where any of these is missing, it goes on for 2 s to count better. Leaves on every path.
/// REQUIRES: fact join_response is there.
awaitable<AudioLoop> run_audio_loop(Probe& probe, Transport transport, LoopPatience patience = {});

}  // namespace lkdoctor::probes
