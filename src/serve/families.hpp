// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lkdoctor::serve {

enum class MetricType { gauge, counter, info };

/// One metric family. `name` is OpenMetrics' family name: without the `_total` of a counter's sample and the
/// `_info` of an info's.
struct Family {
  std::string_view name;
  MetricType type;
  std::string_view help;       ///< one line without quotes and backslashes, ends with a full stop
  std::string_view unit = {};  ///< the name ends with it
};

/// Every metric that `serve` shows, in the order of a scrape. Names are public surface (contract §5).
enum class Metric : std::uint8_t {
  probe_success,
  probe_duration,
  certificate_expiry,
  verdict,
  verdict_since,
  diagnosis,
  finding,
  check_state,
  check_duration,
  check_last_run,
  phase_duration,
  ice_rtt,
  packet_loss,
  udp_ports,
  clock_skew,
  external_address_match,
  vantage,
  target_stale,
  runs,
  unhealthy_runs,
  rooms,
  joins,
  requests,
  unauthorized,
  reload_successful,
  reload_time,
  build,
};

/// By Metric. State sets (`verdict`, `check_state`) are gauges: OpenMetrics' own type wants a label named
/// like the family, and these labels are promised as `verdict` and `state`.
inline constexpr std::array kFamilies{
    Family{"probe_success", MetricType::gauge,
           "1 if the verdict is healthy or degraded, 0 if it is broken or unknown."},
    Family{"probe_duration_seconds", MetricType::gauge, "How long the last run took.", "seconds"},
    Family{"probe_ssl_earliest_cert_expiry", MetricType::gauge,
           "When the first certificate ends, in seconds since 1970; also of one that is not trusted."},
    Family{"lkdoctor_verdict", MetricType::gauge, "1 for the verdict of the last run, 0 for the others."},
    Family{"lkdoctor_verdict_since_timestamp_seconds", MetricType::gauge,
           "Since when the verdict is this one, in seconds since 1970.", "seconds"},
    Family{"lkdoctor_diagnosis", MetricType::gauge,
           "1 for a root cause of the last run, 0 for one that was there before and is gone."},
    Family{"lkdoctor_finding", MetricType::gauge,
           "1 for everything found, consequences included, 0 for what was looked for and not found."},
    Family{"lkdoctor_check_state", MetricType::gauge,
           "1 for the outcome of the check's last run, 0 for the others."},
    Family{"lkdoctor_check_duration_seconds", MetricType::gauge, "How long the check's last run took.",
           "seconds"},
    Family{"lkdoctor_check_last_run_timestamp_seconds", MetricType::gauge,
           "When the check last ran, in seconds since 1970; its results are kept until it runs again.",
           "seconds"},
    Family{"lkdoctor_phase_duration_seconds", MetricType::gauge,
           "How long a stage of signalling or media took when its check last ran.", "seconds"},
    Family{"lkdoctor_ice_rtt_seconds", MetricType::gauge,
           "Round trip to LiveKit over the media path when its check last ran.", "seconds"},
    Family{"lkdoctor_packet_loss_ratio", MetricType::gauge,
           "Share of packets lost on the media path when its check last ran, 0 to 1.", "ratio"},
    Family{"lkdoctor_udp_ports", MetricType::gauge,
           "UDP ports of LiveKit's range by what is proven of them; silence is never open."},
    Family{"lkdoctor_clock_skew_seconds", MetricType::gauge,
           "Clock of LiveKit minus clock of the prober; positive: LiveKit is ahead.", "seconds"},
    Family{"lkdoctor_external_address_match", MetricType::gauge,
           "1 if LiveKit sends clients to an address at which it is reached, 0 if not."},
    Family{"lkdoctor_vantage", MetricType::info, "Where the prober stands and whom the verdict speaks for."},
    Family{"lkdoctor_target_stale", MetricType::gauge,
           "1 if no run has ended for three of its intervals: the other values are old."},
    Family{"lkdoctor_runs", MetricType::counter, "Runs that have ended."},
    Family{"lkdoctor_unhealthy_runs", MetricType::counter, "Runs that ended broken or unknown."},
    Family{"lkdoctor_rooms", MetricType::counter, "Rooms that LiveKit created for runs."},
    Family{"lkdoctor_joins", MetricType::counter, "Participants of runs that joined."},
    Family{"lkdoctor_requests", MetricType::counter, "Requests that runs sent to the deployment."},
    Family{"lkdoctor_unauthorized_answers", MetricType::counter,
           "Answers 401 that runs caused at the deployment."},
    Family{"lkdoctor_config_last_reload_successful", MetricType::gauge,
           "1 if the configuration that was last read is in force, 0 if it was refused."},
    Family{"lkdoctor_config_last_reload_success_timestamp_seconds", MetricType::gauge,
           "When the configuration in force was read, in seconds since 1970.", "seconds"},
    Family{"lkdoctor_build", MetricType::info, "Version and revision of this program."},
};
static_assert(kFamilies.size() == static_cast<std::size_t>(Metric::build) + 1);

constexpr const Family& family(Metric metric) {
  return kFamilies[static_cast<std::size_t>(metric)];
}

}  // namespace lkdoctor::serve
