// The connector's specification as a form: what a user of Airbyte fills in, in the same order and sections.

import Form from "@rjsf/core";
import validator from "@rjsf/validator-ajv8";
import { createRoot } from "react-dom/client";
import specification from "specification";
import "./form.css";

const schema = specification.connectionSpecification;

// Airbyte's own keywords, in the words of react-jsonschema-form.
function widgets(level) {
  const names = Object.keys(level.properties ?? {});
  names.sort((one, other) => level.properties[one].order - level.properties[other].order);
  const fields = names.map((name) => {
    const field = level.properties[name];
    if (field.const !== undefined) return [name, { "ui:widget": "hidden" }];
    if (field.airbyte_secret) return [name, { "ui:widget": "password" }];
    if (field.multiline) return [name, { "ui:widget": "textarea" }];
    return [name, field.oneOf ? { oneOf: field.oneOf.map(widgets) } : {}];
  });
  return { ...Object.fromEntries(fields), "ui:order": names, "ui:submitButtonOptions": { submitText: "Set up destination" } };
}

function Sections({ schema, properties, title, description }) {
  if (!schema.groups) {
    return (
      <fieldset aria-label={title}>
        <strong>{title}</strong>
        <p>{description}</p>
        {properties.map((field) => field.content)}
      </fieldset>
    );
  }
  return schema.groups.map((group) => (
    <section key={group.id} aria-label={group.title}>
      <h2>{group.title}</h2>
      {properties.filter((field) => schema.properties[field.name].group === group.id).map((field) => field.content)}
    </section>
  ));
}

createRoot(document.getElementById("form")).render(
  <Form
    schema={schema}
    uiSchema={widgets(schema)}
    validator={validator}
    templates={{ ObjectFieldTemplate: Sections }}
    showErrorList={false}
    onError={() => {
      window.refused = true;
    }}
    onSubmit={({ formData }) => {
      window.submitted = formData;
    }}
  />,
);
