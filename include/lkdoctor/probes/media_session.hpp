// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_link.hpp>
#include <lkdoctor/probes/path_quality.hpp>
#include <lkdoctor/probes/signal_session.hpp>

namespace lkdoctor::probes {

enum class Transport { udp, tcp, turn_udp, turn_tls };
NLOHMANN_JSON_SERIALIZE_ENUM(Transport, {{Transport::udp, "udp"},
                                         {Transport::tcp, "tcp"},
                                         {Transport::turn_udp, "turn-udp"},
                                         {Transport::turn_tls, "turn-tls"}})

/// How far a session came. Each stage has its own time-out.
enum class MediaStage { signalling, description, candidates, ice, dtls, done };
NLOHMANN_JSON_SERIALIZE_ENUM(MediaStage, {{MediaStage::signalling, "signalling"},
                                          {MediaStage::description, "description"},
                                          {MediaStage::candidates, "candidates"},
                                          {MediaStage::ice, "ice"},
                                          {MediaStage::dtls, "dtls"},
                                          {MediaStage::done, "done"}})

class MediaSession;
/// What to do with a session. A plain function or lambda that returns a coroutine of a named function.
using MediaBody = std::function<awaitable<void>(MediaSession& session)>;

struct MediaPlan {
  Transport transport = Transport::udp;
  Route route;  ///< empty: udp_route() or tcp_route()
  SignalPlan signal;
  bool send_candidates = false;  ///< LiveKit may then dial out to us, and open firewalls by that
  bool publish_audio = false;    ///< offer a sendonly Opus track; REQUIRES: signal.publish
  bool subscribe = false;        ///< answer LiveKit's offers instead of offering; REQUIRES: signal.subscribe
  std::size_t certificate_padding = 0;  ///< see DtlsIdentity::make
  Milliseconds signalling_patience{5000}, description_patience{5000}, candidate_patience{7000},
      ice_patience{3500}, dtls_patience{5000};
  MediaBody dtls_unanswered;  ///< to measure a path over which DTLS does not end; empty: measure_path()
};

/// What a session came to, for observations.
struct MediaReport {
  Transport transport = Transport::udp;
  bool sent_candidates = false;
  MediaStage stage = MediaStage::signalling;  ///< the one that did not end; `done`: media was connected
  std::string why;                            ///< one clause; empty if done
  bool cut = false;                           ///< LiveKit or something on the way ended the session first
  std::vector<std::string> told;              ///< candidates of ours that LiveKit was told
  SignalReport signalling;
  std::optional<Microseconds> described;  ///< since the begin: LiveKit's description came
  std::optional<Microseconds> secured;    ///< since the begin: DTLS done
  LinkReport link;
  PathQuality path;  ///< of small packets, where DTLS did not end over UDP, or the body measured
  bool connected() const { return stage == MediaStage::done; }
  /// Where media goes: the address of the pair that carries it; without one, where signalling went.
  std::string peer() const;
};
LKDOCTOR_JSON(MediaReport, transport, sent_candidates, stage, why, cut, told, signalling, described, secured,
              link, path)

/// A session while it stands.
class MediaSession {
 public:
  MediaSession(Probe& probe, MediaPlan plan);
  ~MediaSession();

  SignalSession& signal();
  MediaLink& link();
  const MediaPlan& plan() const;
  /// LiveKit's latest description: sections with mids, payload types and SSRCs of what it sends.
  const proto::SdpRemote* remote() const;
  /// Of our own track. REQUIRES: publish_audio.
  std::uint32_t ssrc() const;
  std::string track_sid() const;  ///< "" until LiveKit has published it
  /// LiveKit's word on our connection, the latest; nullopt: none yet.
  std::optional<proto::Quality> quality() const;
  /// Where the body writes what it measured of the path: it becomes a part of the report.
  PathQuality& path();
  /// Rings when anything of the above or of the link has changed.
  net::Bell& bell();

  struct State;

 private:
  friend awaitable<MediaReport> hold_session(Probe& probe, MediaPlan plan, MediaBody body);
  std::unique_ptr<State> state_;
};

/// Joins as a fresh participant, sets up one peer connection over one transport, runs `body` if media
/// connected, and leaves on every path. Ends by itself within the plan's patience and the probe's deadline.
/// REQUIRES: fact join_response is there.
awaitable<MediaReport> hold_session(Probe& probe, MediaPlan plan, MediaBody body = {});

/// A short train of small checks over the nominated pair: round trip and loss of the path, counted by
/// ourselves.
awaitable<void> measure_briefly(MediaSession& session, PathQuality* into);
/// Goes on with a long train, and where that ends in silence, with a slow one: a limit on packets lets some
/// of these through. REQUIRES: measure_briefly() was called with the same `into`.
awaitable<void> measure_closely(MediaSession& session, PathQuality* into);
/// Goes on for ten seconds, at the pace of speech, or until the flow is dead. REQUIRES: as measure_closely().
awaitable<void> measure_for_long(MediaSession& session, PathQuality* into);
/// The first, and the second one where any was lost.
awaitable<void> measure_path(MediaSession& session, PathQuality* into);

}  // namespace lkdoctor::probes
