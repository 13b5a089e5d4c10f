; Every name that a function mentions.
(attribute) @attribute
(identifier) @identifier
