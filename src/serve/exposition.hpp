// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "serve/families.hpp"

namespace lkdoctor::serve {

/// The text format 0.0.4 of Prometheus, and OpenMetrics 1.0.
enum class TextFormat { prometheus, openmetrics };
/// The value of Content-Type.
std::string_view content_type(TextFormat format);

struct Label {
  std::string_view name, value;
};
using Labels = std::initializer_list<Label>;

/// The run that moved a counter last. OpenMetrics alone shows it, beside the sample.
struct Exemplar {
  std::string_view run;  ///< id; at most 32 characters
  std::int64_t at_ms = 0;
};

/// The samples of one source (a target, or the program itself) as text, a chunk for each family. Written when
/// the results change; scrapes put the chunks of many blocks together.
class Block {
 public:
  /// `target` becomes the first label of every sample; empty: no such label.
  explicit Block(std::string_view target = {});

  /// REQUIRES: no sample of this family has these labels yet. NaN: not measured.
  void add(Metric metric, Labels labels, double value);
  /// REQUIRES: the family is a counter.
  void add(Metric metric, double value, const Exemplar& exemplar);

  std::string_view samples(Metric metric, TextFormat format) const;
  std::size_t series() const noexcept { return series_; }

 private:
  struct Chunk {
    std::string text;
    std::string with_exemplars;  ///< of OpenMetrics; empty: the same
  };
  Chunk& chunk(Metric metric) { return chunks_[static_cast<std::size_t>(metric)]; }

  std::string target_label_;
  std::array<Chunk, kFamilies.size()> chunks_;
  std::size_t series_ = 0;
};

/// What a scrape answers: each family once with its head, the chunks of all blocks below it. Keeps the blocks
/// as long as it is being written.
class Scrape {
 public:
  Scrape(std::vector<std::shared_ptr<const Block>> blocks, TextFormat format);
  Scrape(const Scrape&) = delete;
  Scrape& operator=(const Scrape&) = delete;

  /// To be written one after another. Valid as long as this object.
  const std::vector<std::string_view>& pieces() const noexcept { return pieces_; }
  std::size_t size() const noexcept { return size_; }
  std::string text() const;

 private:
  void append(std::string_view piece);

  std::vector<std::shared_ptr<const Block>> blocks_;
  std::array<std::string, kFamilies.size()> heads_;
  std::vector<std::string_view> pieces_;
  std::size_t size_ = 0;
};

}  // namespace lkdoctor::serve
