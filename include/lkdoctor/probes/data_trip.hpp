// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_survey.hpp>

namespace lkdoctor::probes {

/// Whether data channels open over a peer connection.
struct DataTrip {
  MediaReport session;
  bool association = false;                  ///< SCTP is up
  std::optional<Microseconds> associated;    ///< since DTLS was done
  std::optional<Microseconds> acknowledged;  ///< since DTLS was done: LiveKit has taken both channels
  std::vector<std::string> open;             ///< labels
  int packets_sent = 0, packets_received = 0;
  /// Messages get through: the channel that repeats what was lost is open. LiveKit acknowledges `_lossy` over
  /// that channel itself, without repeating it: on a line with loss that is missing now and then.
  bool carries_messages() const;

  PathQuality path;  ///< measured only where an acknowledgement is missing: the line may have lost it
};
LKDOCTOR_JSON(DataTrip, session, association, associated, acknowledged, open, packets_sent, packets_received,
              path)

/// One session over `transport` that opens `_reliable` and `_lossy` as clients do.
/// REQUIRES: fact join_response is there.
awaitable<DataTrip> open_data_channels(Probe& probe, Transport transport);

}  // namespace lkdoctor::probes
