// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_session.hpp>

namespace lkdoctor::probes {

/// Which sizes of datagrams pass on the way to LiveKit, and whether full ones do in a handshake.
struct PathSize {
  MediaReport full;  ///< a session whose flights fill datagrams of 1200 bytes, as Chromium's do
  std::optional<MediaReport> small;      ///< where that one's DTLS did not end: one with small datagrams
  std::vector<proto::SizedCheck> sizes;  ///< ICE checks of the nominated pair, by size
  PathQuality control;                   ///< small checks of the same pair, after those that were lost
  std::optional<std::size_t> largest_answered() const;
  std::optional<std::size_t> smallest_lost() const;
  /// Small packets are lost as well, by this flow or the one before: nothing can be told of sizes.
  bool loses_small_ones() const;
};
LKDOCTOR_JSON(PathSize, full, small, sizes, control)

/// One session over UDP, a second one if its handshake does not end. REQUIRES: fact join_response is there.
awaitable<PathSize> measure_path_size(Probe& probe);

}  // namespace lkdoctor::probes
