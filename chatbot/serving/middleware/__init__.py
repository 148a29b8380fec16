"""What every request passes before it is answered; `app.create_app` names the layers from inside out."""
