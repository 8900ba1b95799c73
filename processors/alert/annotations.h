// Annotations: text for people, from small templates. A template is text with names in double
// braces, `{{objective}} burns {{burn_rate}}x`; there is nothing else in it, so it reaches no file
// and calls nothing. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "weir/v1/alert.pb.h"

namespace weir::alert {

/// Of a template, and of what it becomes: what is longer is cut.
inline constexpr std::size_t kMaxAnnotationBytes = 1024;

class Template {
 public:
  /// Error: invalid_argument, with the text and a caret below what is wrong, and the names there
  /// are.
  static Result<Template> parse(std::string_view text);

  /// What is not known of the alert, like the burn rate of a silence, is "-".
  std::string fill(const v1::Alert& alert) const;

  const std::string& text() const { return text_; }

 private:
  struct Piece {
    std::string text;
    bool is_name = false;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

struct Annotation {
  std::string name;
  Template text;
};

/// summary, description, command (`weir why ...`), explain (`weir explain ...`) and, where a page
/// is configured, page. Commands name the alert and nothing that a request could say.
std::vector<Annotation> default_annotations();

}  // namespace weir::alert
